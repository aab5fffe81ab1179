-- Sliding window log: at most LIMIT requests in any one second, per key, on the server's own clock.
-- KEYS: one list of request times (microseconds, newest first) per allowance.  ARGV: the limit of each.
-- A request counts in all allowances or, when one is used up, in none.
-- Answers with one status line: microseconds to wait (0: let through), then what is left of each allowance.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local window = 1000000
local wait, answer = 0, {}
for index, key in ipairs(KEYS) do
  local limit = tonumber(ARGV[index])
  local oldest = redis.call('LINDEX', key, -1)
  while oldest and tonumber(oldest) <= now - window do
    redis.call('RPOP', key)
    oldest = redis.call('LINDEX', key, -1)
  end
  local used = redis.call('LLEN', key)
  if used >= limit then
    local leaves_last = redis.call('LINDEX', key, limit - 1)
    wait = math.max(wait, tonumber(leaves_last) + window - now)
  end
  answer[index] = math.max(limit - used, 0)
end
if wait == 0 then
  for index, key in ipairs(KEYS) do
    redis.call('LPUSH', key, string.format('%.0f', now))
    redis.call('PEXPIRE', key, 1000)
    answer[index] = answer[index] - 1
  end
end
return redis.status_reply(string.format('%.0f ', wait) .. table.concat(answer, ' '))
