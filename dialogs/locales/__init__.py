"""Catalogues of texts, a folder each; `python -m dialogs.locales` brings them up to date."""
