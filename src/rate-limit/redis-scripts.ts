/**
 * The scripts, each one atomic step in Redis. A bucket is one hash with the fields `tag` and `state`. `TIME` is asked in
 * Redis, so that all processes go by one clock; Redis passes on to replicas what a script did, not the script.
 */
const now = /* lua */ `
local time = redis.call('TIME')
local now = string.format('%.3f', tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000)
`;

/** KEYS: bucket. Answers: time, tag, state. */
export const readBudget = /* lua */ `
${now}
local found = redis.call('HMGET', KEYS[1], 'tag', 'state')
return { now, found[1], found[2] }
`;

/** KEYS: bucket. ARGV: expected tag or '', moment, most it may be ahead and behind, new tag, new state, ttl. Answers: swapped, time, tag, state. */
export const swapBudget = /* lua */ `
local bucket = KEYS[1]
local expected, at, ahead, behind = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local tag, state, ttl = ARGV[5], ARGV[6], ARGV[7]
${now}
local found = redis.call('HMGET', bucket, 'tag', 'state')
if (found[1] or '') ~= expected or at > tonumber(now) + ahead or at < tonumber(now) - behind then
  return { 0, now, found[1], found[2] }
end
redis.call('HSET', bucket, 'tag', tag, 'state', state)
redis.call('PEXPIRE', bucket, ttl)
return { 1, now }
`;

/** KEYS: instances. ARGV: instance, fresh, gone. Answers: time, fresh ones, all. */
export const beatInstance = /* lua */ `
local instances = KEYS[1]
local instance, fresh, gone = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
${now}
redis.call('ZADD', instances, now, instance)
redis.call('ZREMRANGEBYSCORE', instances, '-inf', '(' .. string.format('%.3f', tonumber(now) - gone))
redis.call('PEXPIRE', instances, gone)
local since = string.format('%.3f', tonumber(now) - fresh)
return { now, redis.call('ZCOUNT', instances, since, '+inf'), redis.call('ZCARD', instances) }
`;
