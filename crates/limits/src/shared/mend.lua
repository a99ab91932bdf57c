-- What follows an admission: its lease goes on or ends, its day or its rate is given back, its tokens are corrected.
-- KEYS: the base of each scope that was taken. ARGV: request, lease in ms to go on or 0 to end or -1 to leave it, the day to give
-- back or -1, the second of a coming that counts for nothing or -1, tokens that were estimated, tokens that were counted or -1.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local request, lease, day = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local second, estimated, counted = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
-- A request whose admission never came here has nothing to give back.
local held = redis.call('ZSCORE', KEYS[1] .. ':c', request)
for _, base in ipairs(KEYS) do
  if lease > 0 then
    redis.call('ZADD', base .. ':c', now + lease, request)
    redis.call('PEXPIRE', base .. ':c', lease + 1000)
  elseif lease == 0 then
    redis.call('ZREM', base .. ':c', request)
  end
  local of_day = base .. ':d:' .. day
  if day >= 0 and held and tonumber(redis.call('GET', of_day) or 0) > 0 then redis.call('DECR', of_day) end
  if second >= 0 and held then
    redis.call('ZREM', base .. ':r', request)
    local key = base .. ':s'
    if tonumber(redis.call('HGET', key, second) or 0) > 0 then redis.call('HINCRBY', key, second, -1) end
  end
  if counted >= 0 then
    local filled = tonumber(redis.call('HGET', base .. ':t', 'filled'))
    if filled then
      filled = math.max(0, filled + (counted - estimated) * 60000)
      redis.call('HSET', base .. ':t', 'filled', string.format('%.0f', filled))
      -- Whoever asks next sets it to what the limit says; until then it must not be forgotten too early.
      redis.call('PEXPIRE', base .. ':t', 3600000)
    end
  end
end
return 1
