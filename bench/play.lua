-- wrk's script: one play a request, players in turn, every request with an Idempotency-Key of its own.
local tokens = {}
for line in io.lines(os.getenv("BENCH_TOKENS")) do tokens[#tokens + 1] = line end
local path = "/api/" .. os.getenv("BENCH_GAME") .. "/play"
local run = os.getenv("BENCH_RUN")
local threads = 0

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

function done(summary, latency)
  local errors = summary.errors
  local format = '{"seconds":%.6f,"answered":%d,"refused":%d,"failed":%d,"p50":%.2f,"p95":%.2f,"p99":%.2f,"slowest":%.2f}\n'
  io.write("\n" .. format:format(
    summary.duration / 1e6, summary.requests, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
