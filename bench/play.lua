-- wrk's script: one play a request, players in turn, every request with an Idempotency-Key of its own.
local tokens = {}
for line in io.lines(os.getenv("BENCH_TOKENS")) do tokens[#tokens + 1] = line end
local path = "/api/" .. os.getenv("BENCH_GAME") .. "/play"
local run = os.getenv("BENCH_RUN")
local threads = 0
dofile(os.getenv("BENCH_REPORT"))

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init()
  turn = number * math.floor(#tokens / 2)
  sent = 0
end

function request()
  turn = turn % #tokens + 1
  sent = sent + 1
  return wrk.format("POST", path, {
    ["Authorization"] = "Bearer " .. tokens[turn],
    ["Idempotency-Key"] = run .. "-" .. number .. "-" .. sent,
  })
end
