"""
However the package is installed, C{twistd} finds the server.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Before this, setuptools alone could build no wheel.
pytest.importorskip("setuptools", minversion="70.1")

TWISTD = "import sys; from twisted.scripts import twistd; sys.argv[0] = 'twistd'; twistd.run()"


@dataclass(frozen=True)
class Environment:
    """
    A virtual environment which sees what ours has, but what comes from C{.pth}
    files: an editable installation of this package, for one.
    """

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Environment:
        """
        Make a fresh one.
        """
        venv.create(folder, symlinks=True)
        made = cls(folder)
        outer = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (made.packages / "outer.pth").write_text("\n".join(sorted(outer)))
        return made

    @property
    def python(self) -> Path:
        """
        Its interpreter.
        """
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """
        The folder that packages are installed into.
        """
        found = self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
        return Path(found.stdout.strip())

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """
        Run its interpreter, which must end well, in a folder of no meaning.
        """
        command = [str(self.python), "-W", "error", *arguments]
        # Whoever runs the tests may point Python to a checkout: not here.
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        found = subprocess.run(command, cwd=self.folder, env=clean, capture_output=True, text=True)
        assert found.returncode == 0, found.stdout + found.stderr
        return found

    def twistd(self, *arguments: str) -> str:
        """
        Run C{twistd}, and give what it prints.
        """
        return self.run("-c", TWISTD, *arguments).stdout

    def pip(self, *arguments: str) -> None:
        """
        Run our pip for it.  Nothing is fetched.
        """
        command = [sys.executable, "-m", "pip", "--quiet", "--python", str(self.python)]
        subprocess.run([*command, *arguments], check=True, cwd=self.folder)

    def install(self, *arguments: str) -> None:
        """
        Install something, without what it needs: that is here already.
        """
        self.pip("install", "--no-index", "--no-deps", "--no-build-isolation", *arguments)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    A copy of the source: building leaves things behind in it.
    """
    copy = tmp_path_factory.mktemp("source")
    for pattern in ("setup.cfg", "pyproject.toml", "LICENSE", "README*"):
        for file in ROOT.glob(pattern):
            shutil.copy(file, copy)
    for folder in ("ftpactive", "twisted"):
        ignored = shutil.ignore_patterns("__pycache__", "dropin.cache")
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    The wheel, built once.
    """
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(folder), str(source)]
    subprocess.run(command, check=True, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """
    An environment with the wheel, in which Twisted's folder for plugins holds
    another plugin already.
    """
    environment = Environment.make(tmp_path_factory.mktemp("installed"))
    plugins = environment.packages / "twisted" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "another.py").touch()
    environment.install(str(wheel))
    return environment


def assertFound(environment: Environment) -> None:
    """
    C{twistd} lists the server, and asks it for its options.
    """
    assert " activeftp " in environment.twistd("--help")
    assert environment.twistd("activeftp", "--help").startswith("Usage: twistd [options] activeftp")


class TestWheel:
    """
    What C{pip install} installs.
    """

    def test_contents(self, wheel: Path) -> None:
        """
        The wheel brings the plugin and the mark of typed packages, but no
        C{__init__} into Twisted's folders, and no tests.
        """
        names = [n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n]
        assert "ftpactive/py.typed" in names
        others = [n for n in names if not n.startswith("ftpactive/")]
        plugins = ["twisted/plugins/ftpactive_auth.py", "twisted/plugins/ftpactive_plugin.py"]
        assert others == plugins

    def test_everyModuleIsIn(self, wheel: Path) -> None:
        """
        No module of the package is left behind.
        """
        modules = {f.relative_to(ROOT).as_posix() for f in (ROOT / "ftpactive").rglob("*.py")}
        assert modules <= set(zipfile.ZipFile(wheel).namelist())

    def test_pluginIsFound(self, installed: Environment) -> None:
        """
        C{twistd} knows the server.
        """
        assertFound(installed)

    def test_cacheThatCannotBeWritten(self, installed: Environment) -> None:
        """
        Twisted's list of plugins may well be out of reach: installed by an
        administrator, run by somebody else.
        """
        cache = installed.packages / "twisted" / "plugins" / "dropin.cache"
        cache.unlink(missing_ok=True)
        # A folder in its place stops even those who may write everywhere.
        (cache / "in the way").mkdir(parents=True)
        try:
            assertFound(installed)
        finally:
            shutil.rmtree(cache)


@pytest.mark.parametrize("mode", ["lenient", "compat"])
def test_editable(mode: str, source: Path, tmp_path: Path) -> None:
    """
    A checkout works as well, with C{pip install -e} as it is by default, and
    in the manner that older tools know.
    """
    environment = Environment.make(tmp_path)
    environment.install("--config-settings", f"editable_mode={mode}", "--editable", str(source))
    assertFound(environment)


def test_uninstalling(wheel: Path, tmp_path: Path) -> None:
    """
    Uninstalling takes our plugin away, and leaves everybody else's; Twisted's
    list of plugins forgets ours.
    """
    environment = Environment.make(tmp_path)
    plugins = environment.packages / "twisted" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "another.py").touch()
    environment.install(str(wheel))
    assert (plugins / "ftpactive_plugin.py").exists()
    environment.twistd("--help")
    environment.pip("uninstall", "--yes", "ftpactive")
    assert (plugins / "another.py").exists()
    assert " activeftp " not in environment.twistd("--help")
