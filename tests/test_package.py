"""What an installed user gets: the wheel holds everything that the program reads at run time."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_what_the_program_reads(wheel: Path) -> None:
    """Project file, rules, training configs, templates and the sample articles travel along; tests do not."""
    names = set(zipfile.ZipFile(wheel).namelist())
    configs = {f"labeling/configs/{path.name}" for path in (ROOT / "configs").iterdir()}
    package = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "labeling").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert {"labeling/py.typed", "labeling/__init__.pyi", "labeling/report/templates/report.html.j2"} <= package
    assert len(configs) >= 4
    assert configs | package <= names
    assert not [name for name in names if name.startswith(("tests", "scripts", "exports"))]


def test_the_installed_program_runs_without_checkout_and_server(wheel: Path, tmp_path: Path) -> None:
    """Unpacked elsewhere, it takes in the samples with the shipped project file, and names the extra it lacks."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = (
        "import sys; sys.path.insert(0, 'site'); sys.modules['label_studio'] = None;"
        "import labeling, labeling.samples; assert 'site' in labeling.__file__, labeling.__file__;"
        "from labeling.cli import main; sys.argv[0] = 'labeling'; main()"
    )

    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *args], capture_output=True, text=True, check=False, cwd=tmp_path
        )

    taken = run("ingest", "site/labeling/samples/articles")
    served = run("serve", "--detach")

    assert (taken.returncode, [line.partition(":")[0] for line in taken.stderr.splitlines()]) == (
        0,
        ["Changed", "Next"],
    )
    assert "24" in taken.stdout
    assert served.returncode == 1
    assert "labeling[server]" in served.stderr
