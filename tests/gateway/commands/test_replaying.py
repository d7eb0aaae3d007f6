"""`maita replay FILE`: the same, another, or nothing that could be played."""

from pathlib import Path

from tests.gateway.conftest import Maita

RECORDED = """\
@ at('2026-11-20T15:00:00+00:00')
@ Programme(tenant_id=id_of('cafe'), slug='cafe', name='Cafe', config_version=1, region='JO', \
currency='JOD', timezone='Asia/Amman')
@ Caller(address=Address(kind='msisdn', value='+962790123001'))
>
< Cafe
< Earn points on every visit.
< 1 Join free
< 2 How it works
< 3 I am a member
"""


def test_the_same(maita: Maita, tmp_path: Path) -> None:
    file = tmp_path / "first_dial.txt"
    file.write_text(RECORDED)
    ended = maita("replay", str(file))
    assert (ended.code, ended.out) == (0, f"{file}: 1 turn, all as recorded.\n"), ended.err


def test_another(maita: Maita, tmp_path: Path) -> None:
    file = tmp_path / "first_dial.txt"
    file.write_text(RECORDED.replace("Join free", "Join now") + "> 1\n< Something\n")
    ended = maita("replay", str(file))
    assert ended.code == 1
    assert "-< 1 Join now\n+< 1 Join free\n" in ended.out
    assert "-< Something\n" in ended.out


def test_what_core_is_asked_and_the_file_does_not_know_is_a_difference(
    maita: Maita, tmp_path: Path
) -> None:
    file = tmp_path / "joins.txt"
    file.write_text(RECORDED + "> 1\n> 1\n> 1\n! Leave() → 'R000001'\n< Bye\n")
    ended = maita("replay", str(file))
    assert ended.code == 1
    assert "+! Enrol(name=''" in ended.out
    assert "→ ?" in ended.out


def test_no_transcript(maita: Maita, tmp_path: Path) -> None:
    file = tmp_path / "old.txt"
    for text, reason in (
        ("@ Nobody(name='x')\n> 1\n", "no transcript of this version"),
        ("@ __import__('os')\n", "no transcript of this version"),
        ("> 1\n", "no transcript of this version"),
    ):
        file.write_text(text)
        ended = maita("replay", str(file))
        assert (ended.code, ended.out) == (2, ""), text
        assert reason in ended.err
        assert ended.err.count("\n") == 1
    assert maita("replay", str(tmp_path / "none.txt")).code == 2
    assert maita("replay").code == 2
    assert maita("replay", str(file), "--dead").code == 2


def test_a_file_that_is_there_is_not_written_over(maita: Maita, tmp_path: Path) -> None:
    file = tmp_path / "kept.txt"
    file.write_text("mine")
    ended = maita("record", "dial", "*123#", str(file), "--url", "http://127.0.0.1:9")
    assert (ended.code, file.read_text()) == (2, "mine")
    ended = maita(
        "record", "dial", "*123#", str(tmp_path / "new.txt"), "--url", "http://127.0.0.1:9"
    )
    assert ended.code == 3
    assert "make run" in ended.err
