-- A day of which nobody here had counted anything: so many requests stand in the records.
-- KEYS: the base of a scope. ARGV: the day, requests.
local key = KEYS[1] .. ':d:' .. ARGV[1]
if tonumber(redis.call('GET', key) or 0) < tonumber(ARGV[2]) then redis.call('SET', key, ARGV[2], 'EX', 172800) end
return 1
