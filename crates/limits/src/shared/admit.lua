-- One admission over all scopes of an account: all or nothing, in one round trip, at this server's own time.
-- KEYS: the base of each scope, the account's first; they share one hash tag, so what is built on them does too.
-- ARGV: request, lease in ms, tokens, 1 to take or 0 to look, the day of which the caller knows something, then six for each
-- scope: requests a minute, at once, a day, tokens a minute (-1 is no limit), requests of that day that the caller knows of, 1 when
-- they count whatever stands here.
-- Answer: 1 or 0, now in ms, 1 when the request had its slot before, scope and limit that refused (from 1), wait in ms, 1 when
-- slots alone were missing; of the account: requests of the minute, the newest of them in ms, requests at once; then of each scope
-- the requests of the day (-1 is not counted) and 1 when nobody here had counted that day.
local time = redis.call('TIME')
local second = tonumber(time[1])
local now = second * 1000 + math.floor(time[2] / 1000)
local day = math.floor(now / 86400000)
local request, lease, tokens, taking = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == '1'
local span, exact_max, slot_wait = 60000, 2000, 1000

local refused_scope, refused_kind, longest, slots_only = 0, 0, 0, 1
local function refuse(scope, kind, wait)
  if kind ~= 2 then slots_only = 0 end
  if wait > longest then refused_scope, refused_kind, longest = scope, kind, wait end
end

-- Requests by the second of their coming, each counted until its second is wholly past.
local function seconds(key, limit)
  local all = redis.call('HGETALL', key)
  local counts, used, newest = {}, 0, 0
  for n = 1, #all, 2 do
    local at, count = tonumber(all[n]), tonumber(all[n + 1])
    if at >= second - 60 then
      counts[at] = count
      used = used + count
      if at > newest then newest = at end
    else
      redis.call('HDEL', key, all[n])
    end
  end
  local wait = 0
  if used >= limit then
    local kept, at = 0, math.max(second, newest)
    while kept < limit do
      kept = kept + (counts[at] or 0)
      at = at - 1
    end
    wait = (at + 1 + 61) * 1000 - now
  end
  return used, newest > 0 and (newest + 1) * 1000 or 0, wait
end

local function exactly(key, limit)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - span)
  local used, wait = redis.call('ZCARD', key), 0
  if used >= limit then
    wait = redis.call('ZRANGE', key, used - limit, used - limit, 'WITHSCORES')[2] + span - now
  end
  return used, 0, wait
end

local had = redis.call('ZSCORE', KEYS[1] .. ':c', request)
local repeated = had and tonumber(had) > now
local scopes, told = {}, {0, 0, 0}
for n, base in ipairs(KEYS) do
  local first = 6 + (n - 1) * 6
  local scope = {base = base, minute = tonumber(ARGV[first]), slots = tonumber(ARGV[first + 1]),
    limit_of_day = tonumber(ARGV[first + 2]), tokens = tonumber(ARGV[first + 3]), day = -1, fresh = 0}
  scopes[n] = scope
  local used, newest, wait, held = 0, 0, 0, 0
  if scope.minute >= 0 then
    local count = scope.minute > exact_max and seconds or exactly
    local key = base .. (scope.minute > exact_max and ':s' or ':r')
    if scope.minute == 0 then wait = span else used, newest, wait = count(key, scope.minute) end
    if wait > 0 then refuse(n, 1, wait) end
  end
  if n == 1 or scope.slots >= 0 then
    redis.call('ZREMRANGEBYSCORE', base .. ':c', '-inf', now)
    held = redis.call('ZCARD', base .. ':c')
    if scope.slots >= 0 and held >= scope.slots then refuse(n, 2, slot_wait) end
  end
  if scope.limit_of_day >= 0 then
    -- What is known of yesterday is nothing of today.
    local key, known = base .. ':d:' .. day, tonumber(ARGV[5]) == day and tonumber(ARGV[first + 4]) or 0
    local counted = tonumber(redis.call('GET', key))
    if (not counted and known > 0) or (counted and counted < known and ARGV[first + 5] == '1') then
      redis.call('SET', key, known, 'EX', 172800)
      counted = known
    end
    scope.day, scope.fresh = counted or 0, counted and 0 or 1
    if scope.day >= scope.limit_of_day then refuse(n, 3, (day + 1) * 86400000 - now) end
  end
  if scope.tokens >= 0 then
    local kept = redis.call('HMGET', base .. ':t', 'filled', 'at')
    local filled, whole, want = tonumber(kept[1] or 0), scope.tokens * span, tokens * span
    filled = math.max(0, filled - (now - tonumber(kept[2] or now)) * scope.tokens)
    scope.filled = filled
    local after = want >= whole and filled or math.max(0, filled + want - whole)
    if scope.tokens == 0 then refuse(n, 4, span) elseif after > 0 then refuse(n, 4, math.ceil(after / scope.tokens)) end
  end
  if n == 1 then told = {used, newest, held} end
end

local admitted = repeated or refused_scope == 0
if taking and admitted and not repeated then
  for n, scope in ipairs(scopes) do
    local base = scope.base
    if scope.minute > exact_max then
      redis.call('HINCRBY', base .. ':s', second, 1)
      redis.call('PEXPIRE', base .. ':s', span + 2000)
    elseif scope.minute >= 0 then
      redis.call('ZADD', base .. ':r', now, request)
      redis.call('PEXPIRE', base .. ':r', span + 1000)
    end
    if n == 1 or scope.slots >= 0 then
      redis.call('ZADD', base .. ':c', now + lease, request)
      redis.call('PEXPIRE', base .. ':c', lease + 1000)
    end
    if scope.limit_of_day >= 0 then
      scope.day = redis.call('INCR', base .. ':d:' .. day)
      if scope.fresh == 1 then redis.call('EXPIRE', base .. ':d:' .. day, 172800) end
    end
    if scope.tokens > 0 then
      local filled = scope.filled + tokens * span
      redis.call('HSET', base .. ':t', 'filled', string.format('%.0f', filled), 'at', now)
      redis.call('PEXPIRE', base .. ':t', math.ceil(filled / scope.tokens) + 1000)
    end
  end
  if scopes[1].minute >= 0 then told[1] = told[1] + 1 end
  if scopes[1].minute > exact_max then told[2] = (second + 1) * 1000 end
  told[3] = told[3] + 1
end
if scopes[1].minute >= 0 and scopes[1].minute <= exact_max and told[1] > 0 then
  told[2] = tonumber(redis.call('ZRANGE', KEYS[1] .. ':r', -1, -1, 'WITHSCORES')[2])
end
local answer = {admitted and 1 or 0, now, repeated and 1 or 0, admitted and 0 or refused_scope, refused_kind, longest,
  slots_only, told[1], told[2], told[3]}
for _, scope in ipairs(scopes) do
  answer[#answer + 1] = scope.day
  answer[#answer + 1] = scope.fresh
end
return answer
