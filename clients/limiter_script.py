"""The limiter's one atomic step, run inside Redis."""

SCRIPT = """
-- KEYS: log of permits, "assume full until", blocked, a live caller waits, learnt limit, breaker
-- ARGV: default limit, window (us), 1 for a live caller, generation (us) or "",
--   how long a call to find out may last, and when to look again meanwhile (us)
-- Answer: {microseconds to wait, 0 = granted, -1 = tell me the generation; limit in force;
--   breaker: 0 = closed, 1 = watched, 2 = open and nothing is granted}
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local window = tonumber(ARGV[2])
local is_live = ARGV[3] == '1'
local limit = tonumber(redis.call('GET', KEYS[5]) or ARGV[1])

local full_until = tonumber(redis.call('GET', KEYS[2]))
if not full_until then
  if ARGV[4] == '' then return {-1, limit, 0} end
  full_until = tonumber(ARGV[4]) + window
  redis.call('SET', KEYS[2], string.format('%.0f', full_until), 'EX', 2592000)
end

local breaker = redis.call('HMGET', KEYS[6], 'recent', 'next', 'is_probing')
local next_try = tonumber(breaker[2])
if next_try and next_try > now then
  local barred = math.ceil(next_try - now)
  if breaker[3] == '1' then barred = math.min(barred, tonumber(ARGV[6])) end
  return {barred, limit, 2}
end
local is_watched = (breaker[1] or next_try) and 1 or 0

-- Capped, so that a clock set back cannot block an account for longer than a window.
local wait = math.min(full_until - now, window)
local oldest = tonumber(redis.call('LINDEX', KEYS[1], limit - 1))
if oldest then wait = math.max(wait, math.min(oldest + window - now, window)) end
wait = math.max(wait, redis.call('PTTL', KEYS[3]) * 1000)
if not is_live then wait = math.max(wait, redis.call('PTTL', KEYS[4]) * 1000) end

if wait <= 0 then
  redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
  redis.call('LTRIM', KEYS[1], 0, 1999)
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000) + 1000)
  if next_try then
    -- This is the one call that finds out whether the account answers again.
    local try_ends = string.format('%.0f', now + tonumber(ARGV[5]))
    redis.call('HSET', KEYS[6], 'next', try_ends, 'is_probing', '1')
  end
  return {0, limit, is_watched}
end
if is_live then
  redis.call('SET', KEYS[4], '1', 'PX', math.ceil(math.min(wait, window) / 1000) + 250)
end
return {math.ceil(wait), limit, is_watched}
"""
