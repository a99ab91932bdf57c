#!/bin/sh
# Sets Claude Code up for the gateway @GATEWAY@, and undoes it.
#
#   curl -fsSL "@GATEWAY@/install.sh?key=TOKEN" | sh            sets it up
#   curl -fsSL "@GATEWAY@/install.sh" | sh -s -- --uninstall    puts everything back
#
# TOKEN is a set-up token, which works once, or a key. Without any, the key is read from TOLLGATE_API_KEY.
# It writes to ~/.claude/settings.json, to ~/.bashrc and ~/.zshrc, and keeps what it needs to undo that in
# ~/.config/tollgate/claude-code. It needs sh, awk and curl, and no other rights than yours.
set -eu
umask 077
LC_ALL=C
export LC_ALL

GATEWAY='@GATEWAY@'
BASE_URL='@BASE_URL@'
ACCOUNT_URL='@ACCOUNT_URL@'
KEY='@KEY@'
TOKEN='@TOKEN@'
MODEL='@MODEL@'

BEGIN='# >>> tollgate claude-code >>>'
END='# <<< tollgate claude-code <<<'

say() { printf '%s\n' "$*"; }
die() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

# --- JSON -----------------------------------------------------------------------------------------------------------
# Reads and changes one member of an object, or of the object "env" in it, and leaves every other byte as it is.
# Environment: J_OP (get, set, del, count), J_IN (empty, or /env), J_KEY, J_VALUE (JSON). Input: the text, and an x behind it.
# shellcheck disable=SC2016
JSON='
function fail(why) { if (!failed) print why > "/dev/stderr"; failed = 1; exit 3 }
function blank(  c) { while ((c = substr(t, p, 1)) != "" && index(" \t\r\n", c)) p++ }
function string(  c) {
  for (p++; ; p++) {
    c = substr(t, p, 1)
    if (c == "") fail("a text does not end")
    if (c == "\\") p++
    else if (c == "\"") { p++; return }
  }
}
function members(path,  n, from, at, c, key) {
  p++; blank(); n = 0
  if (substr(t, p, 1) == "}") p++
  else for (;;) {
    blank(); from = p
    if (substr(t, p, 1) != "\"") fail("a name was expected")
    string(); key = substr(t, from + 1, p - from - 2)
    blank()
    if (substr(t, p, 1) != ":") fail("a colon was expected")
    p++; blank(); at = p
    value(path "/" key)
    n++
    if (path == "" || path == "/env") { name[path, n] = key; starts[path, n] = from; opens[path, n] = at; ends[path, n] = p }
    blank(); c = substr(t, p, 1); p++
    if (c == "}") break
    if (c != ",") fail("a comma was expected")
  }
  count[path] = n; closing[path] = p - 1
}
function items(path,  c) {
  p++; blank()
  if (substr(t, p, 1) == "]") { p++; return }
  for (;;) {
    value(path "/."); blank(); c = substr(t, p, 1); p++
    if (c == "]") return
    if (c != ",") fail("a comma was expected")
  }
}
function value(path,  c, near) {
  if (++depth > 500) fail("it is too deep")
  blank(); c = substr(t, p, 1)
  if (c == "{") { if (path == "" || path == "/env") opening[path] = p; members(path) }
  else if (c == "[") items(path)
  else if (c == "\"") string()
  else {
    near = substr(t, p, 400)
    if (!match(near, /^(true|false|null|-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?)/)) fail("a value was expected")
    p += RLENGTH
  }
  depth--
}
function find(path, key,  i) { for (i = count[path]; i > 0; i--) if (name[path, i] == key) return i; return 0 }
function replace(from, to, by) { return substr(t, 1, from - 1) by substr(t, to) }
function gap(path,  g) {
  if (count[path] > 0) return substr(t, opening[path] + 1, starts[path, 1] - opening[path] - 1)
  if (path == "") return "\n  "
  g = gap(""); return g unit(g)
}
function unit(g) { return match(g, /\n[^\n]*$/) ? substr(g, RSTART + 1) : "" }
function outer(g,  u) { u = unit(g); return index(g, "\n") ? "\n" substr(u, 1, length(u) / 2) : "" }
function add(path, key, text,  g, n) {
  g = gap(path); n = count[path]
  if (n > 0) return replace(ends[path, n], ends[path, n], "," g "\"" key "\": " text)
  return replace(opening[path] + 1, closing[path], g "\"" key "\": " text (path == "" ? (index(g, "\n") ? "\n" : "") : outer(g)))
}
function set(  i, g) {
  i = find(within, key)
  if (i) return replace(opens[within, i], ends[within, i], text)
  if (within == "/env" && !("/env" in opening)) {
    if (find("", "env")) fail("\"env\" is no object")
    g = gap("")
    return add("", "env", "{" g unit(g) "\"" key "\": " text g "}")
  }
  return add(within, key, text)
}
function del(  i, n) {
  i = find(within, key); n = count[within]
  if (!i) return t
  if (n == 1) return replace(opening[within] + 1, closing[within], "")
  if (i == 1) return replace(starts[within, 1], starts[within, 2], "")
  return replace(ends[within, i - 1], ends[within, i], "")
}
NR > 1 { t = t "\n" }
{ t = t $0 }
END {
  if (failed) exit 3
  t = substr(t, 1, length(t) - 1)
  op = ENVIRON["J_OP"]; within = ENVIRON["J_IN"]; key = ENVIRON["J_KEY"]; text = ENVIRON["J_VALUE"]
  p = 1; blank()
  if (substr(t, p, 1) != "{") fail("it is no object")
  value(""); blank()
  if (p <= length(t)) fail("something stands behind its end")
  if (op == "count") print count[within] + 0
  else if (op == "get") { i = find(within, key); if (!i) exit 4; print substr(t, opens[within, i], ends[within, i] - opens[within, i]) }
  else printf "%s", (op == "set") ? set() : del()
}'

# json OP IN KEY VALUE FILE: writes to stdout.
json() { { cat -- "$5" && printf x; } | J_OP=$1 J_IN=$2 J_KEY=$3 J_VALUE=$4 awk "$JSON"; }

# Applies the operation to FILE in place.
json_in() {
  json "$1" "$2" "$3" "$4" "$5" >"$TMP/json" || die "$SETTINGS is not what it should be (see above); nothing was changed in it"
  mv -f -- "$TMP/json" "$5"
}

# --- what is written ------------------------------------------------------------------------------------------------
# The members that are ours: where, name, value, divided by blanks. No value has a blank in it.
ours() {
  printf '/env ANTHROPIC_BASE_URL "%s"\n' "$BASE_URL"
  printf '/env ANTHROPIC_AUTH_TOKEN "%s"\n' "$KEY"
  if [ -n "$MODEL" ]; then
    printf '/env ANTHROPIC_MODEL "%s"\n' "$MODEL"
    printf '/env ANTHROPIC_DEFAULT_HAIKU_MODEL "%s"\n' "$MODEL"
  fi
  printf -- '- disableLoginPrompt true\n'
}

edit_settings() { # FILE in place
  [ -s "$1" ] || printf '{}\n' >"$1"
  ours >"$TMP/ours"
  while read -r place name value; do
    [ "$place" = - ] && place=
    json_in set "$place" "$name" "$value" "$1"
  done <"$TMP/ours"
}

undo_settings() { # FILE in place, BEFORE (perhaps none), AFTER
  for line in /env:ANTHROPIC_BASE_URL /env:ANTHROPIC_AUTH_TOKEN /env:ANTHROPIC_MODEL /env:ANTHROPIC_DEFAULT_HAIKU_MODEL -:disableLoginPrompt; do
    place=${line%%:*} name=${line#*:}
    [ "$place" = - ] && place=
    written=$(json get "$place" "$name" '' "$3") || continue
    now=$(json get "$place" "$name" '' "$1") || continue
    [ "$written" = "$now" ] || continue # somebody has set it to something else since
    if [ -e "$2" ] && old=$(json get "$place" "$name" '' "$2"); then
      json_in set "$place" "$name" "$old" "$1"
    else
      json_in del "$place" "$name" '' "$1"
    fi
  done
  if [ "$(json count /env '' '' "$1")" = 0 ] && ! { [ -e "$2" ] && json get '' env '' "$2" >/dev/null; }; then
    json_in del '' env '' "$1"
  fi
}

# Where our lines are, from mark to mark: their numbers, or nothing. A first mark without its second is somebody else's text.
span() { awk -v b="$BEGIN" -v e="$END" '$0 == b { first = NR } first && $0 == e { print first, NR; exit }' "$1"; }

# The variable is the reader's shell's to fill in.
# shellcheck disable=SC2016
block() {
  printf '%s\n' "$BEGIN" '# The gateway of Claude Code; to take this out: install.sh --uninstall' \
    'if [ -r "$HOME/.config/tollgate/claude-code/env" ]; then . "$HOME/.config/tollgate/claude-code/env"; fi' "$END"
}

edit_shell() { # FILE in place
  lines=$(span "$1")
  if [ -n "$lines" ]; then
    block >"$TMP/block"
    awk -v first="${lines% *}" -v last="${lines#* }" -v file="$TMP/block" '
      NR == first { while ((getline line < file) > 0) print line }
      NR < first || NR > last { print }' "$1" >"$TMP/shell"
    mv -f -- "$TMP/shell" "$1"
  else
    # A line that does not end would run into the first of ours.
    [ ! -s "$1" ] || [ -z "$(tail -c 1 -- "$1")" ] || printf '\n' >>"$1"
    block >>"$1"
  fi
}

undo_shell() { # FILE in place
  lines=$(span "$1")
  [ -n "$lines" ] || return 0
  awk -v first="${lines% *}" -v last="${lines#* }" 'NR < first || NR > last { print }' "$1" >"$TMP/shell"
  mv -f -- "$TMP/shell" "$1"
}

# --- files ----------------------------------------------------------------------------------------------------------
# Where a link leads, so that the link stays one.
real() {
  path=$1 hops=0
  while [ -L "$path" ] && [ "$hops" -lt 20 ]; do
    next=$(readlink -- "$path") || break
    case $next in /*) path=$next ;; *) path=$(dirname -- "$path")/$next ;; esac
    hops=$((hops + 1))
  done
  printf '%s\n' "$path"
}

# Puts NEW in the place of FILE in one step, with the rights of RIGHTS (a file), or 0600.
put() {
  target=$(real "$2")
  if [ -e "$3" ]; then cp -p -- "$3" "$target.tollgate-new"; else : >"$target.tollgate-new"; fi
  cat -- "$1" >"$target.tollgate-new"
  mv -f -- "$target.tollgate-new" "$target"
}

same() { [ -e "$1" ] && [ -e "$2" ] && cmp -s -- "$1" "$2"; }

undo() { # KIND, FILE in place, BEFORE, AFTER
  case $1 in settings) undo_settings "$2" "$3" "$4" ;; *) undo_shell "$2" ;; esac
}

# apply KIND FILE: changes a file, and keeps what it was.
apply() {
  kind=$1 file=$2 before=$STATE/$1.before after=$STATE/$1.after
  if [ -e "$file" ]; then cat -- "$file" >"$TMP/new"; else : >"$TMP/new"; fi
  if [ ! -e "$after" ]; then
    if [ -e "$file" ]; then cp -p -- "$file" "$TMP/before"; else rm -f -- "$TMP/before"; fi
  elif same "$file" "$after"; then
    if [ -e "$before" ]; then cp -p -- "$before" "$TMP/before"; else rm -f -- "$TMP/before"; fi
  else
    # Changed by somebody since: what it would be without us is what it was before.
    rm -f -- "$TMP/before"
    if [ -e "$file" ]; then
      cp -p -- "$file" "$TMP/before"
      undo "$kind" "$TMP/before" "$before" "$after"
    fi
  fi
  case $kind in settings) edit_settings "$TMP/new" ;; *) edit_shell "$TMP/new" ;; esac
  if [ -e "$file" ] && same "$file" "$TMP/new"; then
    say "  $file: as it should be already"
  else
    say "  $file: changed"
  fi
  if [ -e "$TMP/before" ]; then cp -p -- "$TMP/before" "$before"; else rm -f -- "$before"; fi
  cat -- "$TMP/new" >"$after"
  if ! same "$file" "$TMP/new"; then
    if [ "$kind" = settings ]; then put "$TMP/new" "$file" /nowhere; else put "$TMP/new" "$file" "$file"; fi
  elif [ "$kind" = settings ]; then
    chmod 600 "$file"
  fi
}

# restore KIND FILE: undoes that.
restore() {
  kind=$1 file=$2 before=$STATE/$1.before after=$STATE/$1.after
  [ -e "$after" ] || return 0
  if [ ! -e "$file" ]; then
    say "  $file: it is gone already"
  elif same "$file" "$after"; then
    if [ -e "$before" ]; then
      put "$before" "$file" "$before"
      say "  $file: as it was before"
    else
      rm -f -- "$(real "$file")"
      say "  $file: removed, for it was not there before"
    fi
  else
    cp -p -- "$file" "$TMP/undone"
    undo "$kind" "$TMP/undone" "$before" "$after"
    put "$TMP/undone" "$file" "$file"
    say "  $file: it was changed since; only what was written by this script is taken out"
  fi
  rm -f -- "$before" "$after"
}

make_dir() { # Makes a folder, and remembers that it was made.
  [ -d "$1" ] && return 0
  mkdir -- "$1"
  MADE="$1
$MADE"
}

# --- the two ways ---------------------------------------------------------------------------------------------------
uninstall() {
  [ -d "$STATE" ] || {
    say "There is nothing of this script here."
    return 0
  }
  say "Undoing the set-up of Claude Code:"
  restore settings "$SETTINGS"
  restore bash "$HOME/.bashrc"
  restore zsh "$HOME/.zshrc"
  [ -e "$STATE/made" ] && cp -- "$STATE/made" "$TMP/made"
  rm -f -- "$STATE/env" "$STATE/made"
  rmdir -- "$STATE" "$HOME/.config/tollgate" 2>/dev/null || :
  if [ -e "$TMP/made" ]; then
    while read -r made; do rmdir -- "$made" 2>/dev/null || :; done <"$TMP/made"
  fi
  say "Done. In terminals that are open: unset ANTHROPIC_BASE_URL ANTHROPIC_AUTH_TOKEN ANTHROPIC_MODEL ANTHROPIC_DEFAULT_HAIKU_MODEL"
  say "The key still works; revoke it at $GATEWAY/keys if nothing else uses it."
}

# Asks the gateway; the key goes by stdin, where no list of processes shows it.
ask() { # URL, and more for curl
  url=$1
  shift
  printf 'header = "Authorization: Bearer %s"\n' "$KEY" |
    curl -sS --max-time 30 --config - -o "$TMP/answer" -w '%{http_code}' "$@" -- "$url"
}

exchange() {
  host=$(uname -n | tr -cd 'A-Za-z0-9._-' | cut -c 1-60)
  code=$(printf '{"token":"%s","host":"%s"}' "$TOKEN" "$host" |
    curl -sS --max-time 30 -H 'Content-Type: application/json' --data-binary @- -o "$TMP/answer" -w '%{http_code}' \
      -- "$GATEWAY/api/device/install") || die "the gateway at $GATEWAY does not answer; nothing was changed"
  [ "$code" = 200 ] || die "the token is not good any more (it works once, for 15 minutes); make another one. Nothing was changed"
  KEY=$(json get '' access_token '' "$TMP/answer" | tr -d '"') || die "the gateway told no key; nothing was changed"
}

find_key() {
  [ -z "$TOKEN" ] || exchange
  [ -n "$KEY" ] || KEY=${TOLLGATE_API_KEY-}
  if [ -z "$KEY" ] && [ -r "$STATE/env" ]; then
    KEY=$(sed -n "s/^export ANTHROPIC_AUTH_TOKEN='\(.*\)'\$/\1/p" "$STATE/env")
  fi
  [ -n "$KEY" ] || die "there is no key: set TOLLGATE_API_KEY, or put ?key= behind the address of this script"
  case $KEY in *[!A-Za-z0-9_-]*) die "the key has letters that no key has; nothing was changed" ;; esac
}

install() {
  command -v curl >/dev/null || die "curl is not there; nothing was changed"
  find_key
  code=$(ask "$ACCOUNT_URL/key") || code=000
  case $code in
    200) say "The key works." ;;
    401 | 403) die "the gateway refuses the key ($code); nothing was changed" ;;
    *) say "The gateway did not say whether the key works ($code); going on." ;;
  esac
  # What cannot be read is found out before anything is written.
  if [ -e "$SETTINGS" ]; then cat -- "$SETTINGS" >"$TMP/try"; else : >"$TMP/try"; fi
  edit_settings "$TMP/try"
  MADE=
  make_dir "$HOME/.config"
  make_dir "$HOME/.config/tollgate"
  make_dir "$STATE"
  make_dir "$HOME/.claude"
  [ -e "$STATE/made" ] || printf '%s' "$MADE" >"$STATE/made"
  say "Setting Claude Code up for $BASE_URL:"
  apply settings "$SETTINGS"
  {
    printf "export ANTHROPIC_BASE_URL='%s'\n" "$BASE_URL"
    printf "export ANTHROPIC_AUTH_TOKEN='%s'\n" "$KEY"
    [ -z "$MODEL" ] || printf "export ANTHROPIC_MODEL='%s'\nexport ANTHROPIC_DEFAULT_HAIKU_MODEL='%s'\n" "$MODEL" "$MODEL"
  } >"$TMP/env"
  put "$TMP/env" "$STATE/env" /nowhere
  for shell in bash zsh; do
    if [ -e "$HOME/.${shell}rc" ] || command -v "$shell" >/dev/null; then apply "$shell" "$HOME/.${shell}rc"; fi
  done
  if json get /env ANTHROPIC_API_KEY '' "$SETTINGS" >/dev/null 2>&1 || [ -n "${ANTHROPIC_API_KEY-}" ]; then
    say "ANTHROPIC_API_KEY is set as well; Claude Code warns of two keys. Take it out if you do not need it."
  fi
  say "Done. Open a new terminal and type: claude"
}

main() {
  [ -d "${HOME-}" ] || die "HOME is no folder"
  STATE=$HOME/.config/tollgate/claude-code
  SETTINGS=$HOME/.claude/settings.json
  TMP=$(mktemp -d "${TMPDIR:-/tmp}/tollgate.XXXXXX")
  trap 'rm -rf -- "$TMP"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  case ${1-} in
    '') install ;;
    --uninstall) uninstall ;;
    *) die "it knows --uninstall and nothing else" ;;
  esac
}

# The whole file is read before anything is done: a download that breaks off does nothing.
main "$@"
