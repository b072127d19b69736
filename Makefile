# The commands of this project. A machine needs Python 3.11 or newer and make; the rest is installed into .venv.
#
#   make run        start everything; HOST=0.0.0.0 for phones, PORT=8001, DEMO=0 for an empty database
#   make test       every test, against a PostgreSQL of its own, browser tests included
#   make check      lint, types, layers, migrations, texts
#   make audit      slower checks by programs from outside
#   make lighthouse Lighthouse, median of five of every public state: 40 minutes; ARGS=recalled for some
#   make soak       crash and concurrency tests in full
#   make bench      the figures
#   make lock       new versions into the lock files

.PHONY: run test check audit lighthouse soak bench lock venv venv-dev browser
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
# The application is run from its root and never installed; the standard library has a module "trace" too.
export PYTHONPATH := $(CURDIR)
export HOST PORT DEMO

PACKAGES := trace producers labels static/verify tests bench audit

run: venv
	@exec $(PY) -m trace.cli serve --stop-with-parent

# A file goes to one process whole: what its tests share is made once. In the order of the tree: journeys, which take long,
# are not left to the end. Three processes for two cores: a third of the time they wait for servers that were killed.
test: venv-dev browser
	@CHROMIUM="$$(cat .state/chromium)" exec $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: venv-dev browser
	@CHROMIUM="$$(cat .state/chromium)" SOAK=1 exec $(PY) -m pytest -m soak $(ARGS)

check: venv-dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy $(wildcard $(PACKAGES))
	.venv/bin/lint-imports --no-logo
	$(PY) -m trace.cli texts check
	$(PY) -m trace.cli check-migrations

# The programs from outside, and what installs them, are in the folder audit.
audit: venv-dev browser
	@CHROMIUM="$$(cat .state/chromium)" exec $(PY) -m audit

lighthouse: venv-dev browser
	@CHROMIUM="$$(cat .state/chromium)" exec $(PY) -m audit.speed $(ARGS)

bench: venv-dev
	@for script in bench/[a-z]*.py; do echo "== $$script" && PYTHONPATH=. $(PY) "$$script" || exit 1; done

lock: venv
	@for name in installer "" dev; do \
		file="requirements$${name:+-$$name}"; \
		.venv/bin/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
			--no-annotate --no-header "$$file.in" --output-file "$$file.txt" || exit 1; \
	done

# The first Python that is new enough makes .venv; a plain `python3` may be older than one beside it.
venv venv-dev: kind = $(if $(filter venv-dev,$@),dev,run)
venv venv-dev:
	@$(PY) -I trace/cli/install.py $(kind) --is-ready 2>/dev/null && exit; \
	for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11; do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		exec "$$python" -I trace/cli/install.py $(kind); \
	done; \
	echo "Install Python 3.11 or newer, then start again." >&2; exit 1

browser: venv-dev
	@$(PY) -m trace.cli find-browser
