# The image of every Maita process; `compose.yaml` says which command each runs.
FROM python:3.11-slim-bookworm AS packages
COPY requirements/run.txt /requirements/run.txt
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes -r /requirements/run.txt

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin maita \
 && install -d -o maita -g maita -m 700 /var/lib/maita
COPY --from=packages /venv /venv
COPY core /srv/maita/core
COPY dialogs /srv/maita/dialogs
COPY storage /srv/maita/storage
COPY gateway /srv/maita/gateway
ENV PATH=/venv/bin:$PATH PYTHONPATH=/srv/maita PYTHONUNBUFFERED=1 MAITA_DATA_DIR=/var/lib/maita
RUN python -m compileall -q /srv/maita
WORKDIR /var/lib/maita
USER maita
ENTRYPOINT ["python", "-m", "gateway"]
CMD ["serve"]
