-- An address failed once more (R-LIM-3); the count that blocks it, and how, is the caller's.
-- KEYS: the count of the address. ARGV: failures that block, for how long in ms, after what silence they are forgotten in ms.
-- Answer: until when in ms the address is blocked, 0 when it is not.
local failures = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if failures < tonumber(ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000) + tonumber(ARGV[2])
