"""What is counted and how it is shown."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.metrics import Metrics
from storage.watch import Seen
from tests.conftest import PATIENCE_S, Urls
from tests.gateway.teahouse import open_tea_house

ROOT = Path(__file__).parents[2]


def samples(text: bytes) -> dict[str, float]:
    """Every sample by its name and labels, as Prometheus reads them."""
    return {
        sample.name + str(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def carrier(network: str | None, *, silent: bool) -> Seen:
    at = datetime(1970, 1, 2, tzinfo=UTC)
    return Seen(
        owner=UUID(int=1), slug="", shop="", timezone="UTC", channel_id=UUID(int=2),
        kind="econet_ussd", address="440", shown="440", is_on=True, network=network, first_at=at,
        last_at=at if network else None, silent_since=at if silent else None, usual=9, window_s=900,
    )  # fmt: skip


def test_every_method_is_seen_in_what_prometheus_reads() -> None:
    metrics = Metrics()
    metrics.message("twilio_sms", "replied", 0.02, 3, 1)
    metrics.message("twilio_sms", "replied", 0.2, 2, 0)
    metrics.job("send", "done", 0.1)
    metrics.sent("twilio_sms", "sent")
    metrics.ignored("meta_whatsapp", "forged")
    metrics.alarm("dedupe_mismatch")
    metrics.request("/health", 200)
    metrics.backlog(4, 12.5, 1)
    counts = {"requests": 7, "own:1": 3, "at:300": 7, "shown:home.home": 2, "left:home.home": 1}
    metrics.carrier("econet_ussd", "Econet", counts)
    metrics.hop("econet_ussd", "Econet", 3)
    metrics.standing(carrier("Econet", silent=True))
    metrics.standing(carrier(None, silent=False))
    seen = samples(metrics.render())
    sms = "('kind', 'twilio_sms')"
    assert seen[f"maita_messages_total[{sms}, ('outcome', 'replied')]"] == 2
    assert seen[f"maita_message_trips_total[{sms}]"] == 5
    assert seen[f"maita_message_reruns_total[{sms}]"] == 1
    assert seen[f"maita_message_seconds_bucket[{sms}, ('le', '0.025')]"] == 1
    assert seen[f"maita_message_seconds_count[{sms}]"] == 2
    assert seen["maita_jobs_total[('kind', 'send'), ('outcome', 'done')]"] == 1
    assert seen["maita_job_seconds_count[('kind', 'send')]"] == 1
    assert seen[f"maita_sends_total[{sms}, ('verdict', 'sent')]"] == 1
    assert seen["maita_ignored_total[('kind', 'meta_whatsapp'), ('reason', 'forged')]"] == 1
    assert seen["maita_alarms_total[('what', 'dedupe_mismatch')]"] == 1
    assert seen["maita_http_requests_total[('route', '/health'), ('status', '200')]"] == 1
    assert seen["maita_jobs_due[]"] == 4
    econet = "('kind', 'econet_ussd'), ('network', 'Econet')"
    assert seen[f"maita_carrier_events_total[{econet}, ('what', 'requests')]"] == 7
    assert not [name for name in seen if "'own" in name or "'at" in name]
    screen = "('kind', 'econet_ussd'), ('screen', 'home.home')"
    assert seen[f"maita_carrier_screens_total[{screen}, ('what', 'shown')]"] == 2
    assert seen[f"maita_carrier_screens_total[{screen}, ('what', 'left')]"] == 1
    assert (
        seen[
            "maita_carrier_hop_seconds_bucket[('kind', 'econet_ussd'), ('le', '4.0'), "
            "('network', 'Econet')]"
        ]
        == 1
    )
    assert seen[f"maita_carrier_silent[('channel', '440'), {econet}]"] == 1
    assert seen[f"maita_carrier_last_seen_seconds[('channel', '440'), {econet}]"] == 86_400
    assert seen["maita_jobs_due_seconds[]"] == 12.5
    assert seen["maita_jobs_dead[]"] == 1
    assert "process_resident_memory_bytes[]" in seen


def test_two_registries_of_one_process_count_apart() -> None:
    """Tests and embedders make several; nothing is registered globally."""
    first, second = Metrics(), Metrics()
    first.alarm("x")
    assert "maita_alarms_total[('what', 'x')]" in samples(first.render())
    assert "maita_alarms_total[('what', 'x')]" not in samples(second.render())


def test_processes_that_share_a_folder_answer_for_each_other(tmp_path: Path) -> None:
    counts = "from gateway.metrics import Metrics; m = Metrics(); m.request('/health', 200);"
    gauge = "m.backlog(2, 1.0, 0); print(m.render().decode())"
    shared = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", counts + gauge],
            cwd=ROOT, env=shared, capture_output=True, text=True, check=True,
        )  # fmt: skip
    seen = samples(done.stdout.encode())
    assert seen["maita_http_requests_total[('route', '/health'), ('status', '200')]"] == 2
    assert seen["maita_jobs_due[]"] == 2


async def test_a_process_adds_up_by_itself(
    database_urls: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process that is asked reads the folder, and nobody asks this one."""
    settled = asyncio.Event()
    add_up = Metrics.settle

    def told(metrics: Metrics) -> None:
        add_up(metrics)
        settled.set()

    monkeypatch.setattr(Metrics, "settle", told)
    async with open_tea_house(database_urls.app, tmp_path):
        await asyncio.wait_for(settled.wait(), PATIENCE_S)
