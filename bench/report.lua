-- What a run of wrk saw, as one line of JSON: the fields of bench.wrk.Load.
function done(summary, latency)
  local errors = summary.errors
  local format = '{"seconds":%.6f,"answered":%d,"refused":%d,"failed":%d,"p50":%.2f,"p95":%.2f,"p99":%.2f,"slowest":%.2f}\n'
  io.write("\n" .. format:format(
    summary.duration / 1e6, summary.requests, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
