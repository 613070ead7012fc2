"""The breaker's one atomic step after a call, run inside Redis; the step before is the limiter's.

The hash of an account exists while one of its last twenty calls failed: ``recent`` (F and A for
failed and answered) while it is closed, and while it is open ``since``, ``pause``, ``next`` (all in
microseconds) and ``is_probing``. It expires when nobody calls for a quarter of an hour.
"""

REPORT_SCRIPT = """
-- KEYS: the account's breaker
-- ARGV: 1 for an answer, first and longest pause (us), factor of the pause
-- Answer: {0 = closed, 1 = watched, 2 = open; microseconds to the next try; 1 = it turned just now}
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local has_answered = ARGV[1] == '1'
local first, longest = tonumber(ARGV[2]), tonumber(ARGV[3])
local found = redis.call('HMGET', KEYS[1], 'recent', 'next', 'pause', 'is_probing')
local is_open = found[2]

-- That call left before the breaker opened.
if is_open and found[4] ~= '1' then
  return {2, math.max(math.ceil(tonumber(found[2]) - now), 1), 0}
end
if is_open and has_answered then
  redis.call('DEL', KEYS[1])
  return {0, 0, 1}
end
if not is_open then
  local recent = string.sub((found[1] or '') .. (has_answered and 'A' or 'F'), -20)
  local _, failures = string.gsub(recent, 'F', '')
  if failures == 0 then
    redis.call('DEL', KEYS[1])
    return {0, 0, 0}
  end
  if failures < 10 and string.sub(recent, -5) ~= 'FFFFF' then
    redis.call('HSET', KEYS[1], 'recent', recent)
    redis.call('PEXPIRE', KEYS[1], math.ceil(longest / 1000))
    return {1, 0, 0}
  end
end

local pause = first
if is_open then pause = math.min(tonumber(found[3]) * 2, longest) end
local wait = math.ceil(pause * tonumber(ARGV[4]))
redis.call('HDEL', KEYS[1], 'recent')
redis.call('HSETNX', KEYS[1], 'since', string.format('%.0f', now))
redis.call('HSET', KEYS[1], 'pause', string.format('%.0f', pause),
  'next', string.format('%.0f', now + wait), 'is_probing', '0')
redis.call('PEXPIRE', KEYS[1], math.ceil((wait + longest) / 1000))
return {2, wait, is_open and 0 or 1}
"""
