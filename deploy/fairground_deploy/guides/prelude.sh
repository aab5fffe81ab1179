# What the comments of the pages may call. A page itself shows curl and nothing of this.
B=$GATEWAY
J='content-type: application/json'
PAGE_PASSWORD='a good password'

# token NAME PASSWORD: print an access token
token() {
  curl -sf "$B/api/auth/login" -H "$J" -d "{\"username\":\"$1\",\"password\":\"$2\"}" |
    sed 's/.*"access_token": *"\([^"]*\)".*/\1/'
}

# player NAME: register and sign in; print an access token
player() {
  curl -sf "$B/api/auth/register" -H "$J" -d "{\"username\":\"$1\",\"password\":\"$PAGE_PASSWORD\"}" > /dev/null &&
    token "$1" "$PAGE_PASSWORD"
}

# admin: sign in as the first admin; print an access token
admin() { token "$ADMIN_USERNAME" "$ADMIN_PASSWORD"; }

# me HEADER: print the user id of whom a header belongs to
me() { curl -sf "$B/api/auth/me" -H "$1" | sed 's/.*"user_id": *\([0-9]*\).*/\1/'; }

# operator NAME: register somebody, make them an operator, sign in; print an access token
operator() {
  local id by
  id=$(me "authorization: Bearer $(player "$1")") && by="authorization: Bearer $(admin)" &&
    curl -sf -X PUT "$B/api/admin/auth/users/$id/roles" -H "$by" -H "$J" -d '{"roles":["operator"]}' > /dev/null &&
    token "$1" "$PAGE_PASSWORD"
}

# field NAME: print a member of the last answer, of which the first one with this name counts
field() { grep -oE "\"$1\": ?(\"[^\"]*\"|[0-9]+)" "$LAST_ANSWER" | head -1 | sed -E 's/^"[^"]*": ?//; s/"//g'; }

# until_shown PATTERN COMMAND...: wait until what a command prints has the pattern
until_shown() {
  local pattern=$1 tries
  shift
  for tries in $(seq 300); do
    if "$@" | grep -qE "$pattern"; then return 0; fi
    sleep 0.1
  done
  "$@" >&2
  return 1
}
