"""The Caddyfile is one that Debian's Caddy takes, with the headers of docs/security.md 27."""

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent
CADDYFILE = ROOT / "Caddyfile"


def test_caddy_accepts_the_caddyfile(tmp_path: Path) -> None:
    caddy = shutil.which("caddy")
    if caddy is None:
        print("caddy is not installed: its own check of the Caddyfile was left out")
        return
    checked = subprocess.run(
        [caddy, "validate", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
        env={**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert "Valid configuration" in checked.stdout + checked.stderr


def test_caddy_sends_the_promised_content_security_policy() -> None:
    promised = re.search(r"CSP `([^`]+)`", (ROOT / "docs/security.md").read_text())
    assert promised is not None
    assert f'"{promised[1]}"' in CADDYFILE.read_text()
