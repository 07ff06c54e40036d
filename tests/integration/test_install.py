"""What `make install` puts where, and that it can be used."""
import os
import re
import subprocess

from scenario import scenario
from stack import ROOT, program_env, run

PROGRAMS = {"topkd", "topkd-audit", "topkd-loadgen"}
SECTIONS = {"topkd": ("NAME", "SYNOPSIS", "DESCRIPTION", "ENVIRONMENT"),
            "topkd-audit": ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS"),
            "topkd-loadgen": ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS")}


def make(*words):
    """A make of its own: it knows nothing of the one that runs the tests."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return run("make", "-s", "-C", ROOT, *words, env=env, timeout_s=600)


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def rendered(page):
    """The page as a reader sees it; fails at the first thing that the formatter complains of."""
    done = subprocess.run(["man", "--warnings", "-l", str(page)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C"})
    assert done.returncode == 0 and not done.stderr, "%s: %s" % (page.name, done.stderr)
    return done.stdout


def expect_page(page, program):
    text, lines = rendered(page), rendered(page).splitlines()
    missing = [section for section in SECTIONS[program] if section not in lines]
    assert not missing, "%s has no section %s:\n%s" % (page.name, missing, text)
    headings = [line for line in lines if line and not line.startswith("       ")]
    twice = {heading for heading in headings[1:-1] if headings.count(heading) > 1}
    assert not twice, "%s has sections twice: %s" % (page.name, twice)
    help_text = run(ROOT / "build/bin" / program, "--help", env=program_env({}))
    entries = [line.split()[0].split("=")[0] for line in help_text.splitlines()
               if line.startswith(("  --", "  TOPKD_"))]
    assert entries, "%s --help lists nothing" % program
    parts = [line[:-1] for line in help_text.splitlines() if re.match(r"[A-Za-z].* of [^.]*:$", line)]
    assert not set(parts) - set(map(str.strip, headings)), "%s: want the headings %s, got %s" % (
        page.name, parts, headings)
    if program == "topkd":
        assert parts == ["Options of judge", "exit status of judge", "exit status of the worker"], parts
    absent = [entry for entry in entries if not any(line.startswith("       " + entry) for line in lines)]
    assert not absent, "%s lacks what --help has: %s" % (page.name, absent)


@scenario(real=False)
def make_install_puts_programs_pages_and_papers_in_place_and_uninstall_removes_them(s):
    stage = s.directory / "stage"
    place = ("DESTDIR=%s" % stage, "PREFIX=/usr")
    make("install", *place)
    want = ({"usr/bin/" + p for p in PROGRAMS} | {"usr/share/man/man1/%s.1" % p for p in PROGRAMS}
            | {"usr/share/doc/topkd/" + name for name in ("env.example", "EVENTS.md", "METRICS.md", "RUNBOOK.md")}
            | {"usr/lib/systemd/system/" + unit.name for unit in (ROOT / "deploy").glob("*.service")})
    assert files_below(stage) == want, "installed: %s" % sorted(files_below(stage))
    for program in PROGRAMS:
        run(stage / "usr/bin" / program, "--help", env=program_env({}))
        expect_page(stage / "usr/share/man/man1" / (program + ".1"), program)
    make("uninstall", *place)
    assert not files_below(stage), "left behind: %s" % sorted(files_below(stage))
