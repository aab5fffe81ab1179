-- wrk's script: GET one path, as each player in turn.
local tokens = {}
for line in io.lines(os.getenv("BENCH_TOKENS")) do tokens[#tokens + 1] = line end
local path = os.getenv("BENCH_PATH")
local turn = 0
dofile(os.getenv("BENCH_REPORT"))

function request()
  turn = turn % #tokens + 1
  return wrk.format("GET", path, {["Authorization"] = "Bearer " .. tokens[turn]})
end
