# shellcheck shell=bash disable=SC2034
# What the scripts share: read it with `.`, from the repository's root.

tarpaulin_version=0.37.5
deny_version=0.20.2

target=${CARGO_TARGET_DIR:-target}
tools=$target/tools
PATH=$(mkdir -p "$tools/bin" && cd "$tools/bin" && pwd):$PATH

# find_tool PROGRAM VERSION: is it here, in that very version?
find_tool() {
  [[ $("$1" --version 2>/dev/null) == *" $2" ]]
}

# Prints the browser's program: $CHROMIUM, else the first known name on PATH.
find_chromium() {
  local name
  for name in ${CHROMIUM:-chromium chromium-browser google-chrome google-chrome-stable}; do
    command -v "$name" && return
  done
  return 1
}
