/**
 * The scripts of the event log, each one atomic step in Redis. Time is that of Redis, unless an argument says another:
 * were it that of the gateways, one whose clock is ahead would let go of what all the others still need. Redis passes on
 * to replicas what a script did, not the script.
 *
 * Of a workspace, whose keys share a hash tag, there are
 * - meta, a hash: `epoch`; `head`, the last position, with `headId` and `headAt`, what its cursor is made of; the same of
 *   the last record that was trimmed, `base`, `baseId`, `baseAt`; `webhookAt`
 * - log, a stream of the records by position: `e` event id, `t` ticket id, `at` when it was received by the gateway's
 *   clock, `ms` the same by the clock that retention goes by, `r` record
 * - traces, a stream of what is left of them when they are gone: `e`, `t`, `ms`, `c` change
 * - ids, a set of event ids
 * - changes, a hash: `<position> <channel>` of the last entry that told of a change
 * - tickets, a hash: what is known of a ticket, as text whose first line is `<position that said so> <last position>`,
 *   the second what is remembered longest, and the rest goes with the record that said so.
 */
const time = /* lua */ `
local function nowOf(given)
  if given ~= '' then return tonumber(given) end
  local clock = redis.call('TIME')
  return tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
end
`;

const common = /* lua */ `
${time}
local meta, log, traces, ids, changes, tickets = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local now, maxAge, maxCount = nowOf(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local memoryAge, memoryCount = tonumber(ARGV[4]), tonumber(ARGV[5])
-- Entries let go of in one step: other workspaces wait for it.
local slice = 100

local function fieldsOf(list)
  local found = {}
  for at = 1, #list, 2 do found[list[at]] = list[at + 1] end
  return found
end

-- Answers whether it may have to go on, and the last entry that went.
local function letGo(stream, age, count, forget)
  local left = redis.call('XLEN', stream)
  local from, gone = '-', {}
  while #gone < slice do
    local entry = redis.call('XRANGE', stream, from, '+', 'COUNT', 1)[1]
    if not entry then break end
    local found = fieldsOf(entry[2])
    if left <= count and now - (tonumber(found.ms) or 0) < age then break end
    found.position = string.match(entry[1], '^%d+')
    gone[#gone + 1] = found
    from, left = '(' .. entry[1], left - 1
  end
  local last = gone[#gone]
  -- What gives memory back is done first: it is never refused, and nothing after it is.
  if last then redis.call('XTRIM', stream, 'MINID', '=', last.position .. '-1') end
  for _, found in ipairs(gone) do forget(found) end
  return #gone == slice, last
end

local function forgetRecord(record)
  local text = redis.call('HGET', tickets, record.t or '') or ''
  local saidBy, spoken, lasting = string.match(text, '^(%d+) (%d+)\\n([^\\n]*)')
  if saidBy == record.position then redis.call('HSET', tickets, record.t, '0 ' .. spoken .. '\\n' .. lasting) end
end

local function forgetTrace(trace)
  redis.call('SREM', ids, trace.e or '')
  local change = trace.c or ''
  if string.match(redis.call('HGET', changes, change) or '', '^%d+') == trace.position then redis.call('HDEL', changes, change) end
  local spoken = string.match(redis.call('HGET', tickets, trace.t or '') or '', '^%d+ (%d+)')
  if spoken == trace.position then redis.call('HDEL', tickets, trace.t) end
end

local function trim()
  local moreRecords, last = letGo(log, maxAge, maxCount, forgetRecord)
  if last then redis.call('HSET', meta, 'base', last.position, 'baseId', last.e or '', 'baseAt', last.at or '') end
  local moreTraces = letGo(traces, memoryAge, memoryCount, forgetTrace)
  return (moreRecords or moreTraces) and 1 or 0
end

-- What is left where there is no epoch is of no log.
local function epochOr(fresh)
  local epoch = redis.call('HGET', meta, 'epoch')
  if epoch then return epoch end
  -- First what takes memory: without any to spare the step ends there.
  redis.call('HSET', meta, 'epoch', fresh, 'head', '0')
  redis.call('DEL', log, traces, ids, changes, tickets)
  return fresh
end
`;

/** KEYS: all six. ARGV: now or '', retention (4). Answers: whether more is to be trimmed, entries of any kind that are left. */
export const trimLog = /* lua */ `
${common}
local more = trim()
return { more, redis.call('XLEN', log) + redis.call('XLEN', traces) }
`;

/** KEYS: all six. ARGV: now or '', retention (4), epoch if there is none, how long an empty log is kept. Answers: epoch, head, headId, headAt. */
export const openLog = /* lua */ `
${common}
local epoch = epochOr(ARGV[6])
local found = redis.call('HMGET', meta, 'head', 'headId', 'headAt')
if found[1] == '0' then redis.call('PEXPIRE', meta, ARGV[7]) end
return { epoch, found[1], found[2], found[3] }
`;

/**
 * Appends an event if what is known of it is still what it was judged by.
 * KEYS: all six. ARGV: see below. Answers: REPEATED; STATE, what is known now, the channel that told of the change, the
 * position of the last record that was trimmed; or APPENDED, epoch, position, whether more is to be trimmed.
 */
export const appendEvent = /* lua */ `
${common}
local fresh, eventId, ticketId, channel, change = ARGV[6], ARGV[7], ARGV[8], ARGV[9], ARGV[10]
local receivedAt, receivedMs, webhook = ARGV[11], ARGV[12] == '' and now or ARGV[12], ARGV[13] == '1'
local expectedTicket, expectedChannel, repeated = ARGV[14], ARGV[15], ARGV[16] == '1'
local unchanged, state, record = ARGV[17] == '1', ARGV[18], ARGV[19]
local newsChannel, sender, workspace = ARGV[20], ARGV[21], ARGV[22]
local recordTtl, memoryTtl = ARGV[23], ARGV[24]

local function repeatOf()
  -- A repeat needs no memory, should there be none.
  if webhook then redis.pcall('HSET', meta, 'webhookAt', receivedAt) end
  return { 'REPEATED' }
end

local epoch = epochOr(fresh)
local more = trim()
if redis.call('SISMEMBER', ids, eventId) == 1 then return repeatOf() end

local ticket = redis.call('HGET', tickets, ticketId) or ''
local first = change ~= '' and redis.call('HGET', changes, change) or ''
local firstChannel = string.match(first, '^%d+ (.*)$') or ''
local head = redis.call('HGET', meta, 'head')
if ticket ~= expectedTicket or firstChannel ~= expectedChannel then
  local oldest = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
  local base = oldest and tonumber(string.match(oldest[1], '^%d+')) - 1 or tonumber(head)
  return { 'STATE', ticket, firstChannel, base }
end
if repeated then
  -- Not by pcall: what it tells of a tombstone is as durable as an event, or the sender tries again.
  local places = string.match(ticket, '^%d+ %d+\\n')
  if places and not unchanged then redis.call('HSET', tickets, ticketId, places .. state) end
  return repeatOf()
end

-- First, so that where it is forbidden nothing was written.
redis.call('PUBLISH', newsChannel, sender .. ' ' .. epoch .. ' ' .. workspace)
-- Redis itself may have let all records go.
if head ~= '0' and redis.call('XLEN', log) == 0 then
  local last = redis.call('HMGET', meta, 'headId', 'headAt')
  redis.call('HSET', meta, 'base', head, 'baseId', last[1] or '', 'baseAt', last[2] or '')
end
local position = string.format('%.0f', tonumber(head) + 1)
redis.call('HSET', meta, 'head', position, 'headId', eventId, 'headAt', receivedAt)
if webhook then redis.call('HSET', meta, 'webhookAt', receivedAt) end
redis.call('XADD', log, position .. '-0', 'e', eventId, 't', ticketId, 'at', receivedAt, 'ms', receivedMs, 'r', record)
redis.call('XADD', traces, position .. '-0', 'e', eventId, 't', ticketId, 'ms', receivedMs, 'c', change)
redis.call('SADD', ids, eventId)
if change ~= '' then redis.call('HSET', changes, change, position .. ' ' .. channel) end
if state ~= '' then
  local saidBy = unchanged and string.match(ticket, '^%d+') or position
  redis.call('HSET', tickets, ticketId, saidBy .. ' ' .. position .. '\\n' .. state)
end
redis.call('PERSIST', meta)
-- Should no gateway come again, this is how everything goes.
redis.call('PEXPIRE', log, recordTtl)
for _, key in ipairs({ traces, ids, changes, tickets }) do redis.call('PEXPIRE', key, memoryTtl) end
-- By age nothing can have become due since.
local isFull = redis.call('XLEN', log) > maxCount or redis.call('XLEN', traces) > memoryCount
return { 'APPENDED', epoch, position, isFull and trim() or more }
`;

const reading = /* lua */ `
${time}
local meta, log, tickets = KEYS[1], KEYS[2], KEYS[6]

-- Whether the first entry from a place on ought to be gone.
local function isDue(from, now, maxAge)
  local entry = redis.call('XRANGE', log, from, '+', 'COUNT', 1)[1]
  if not entry then return 0 end
  local ms = 0
  for at = 1, #entry[2], 2 do
    if entry[2][at] == 'ms' then ms = tonumber(entry[2][at + 1]) or 0 end
  end
  return nowOf(now) - ms >= tonumber(maxAge) and 1 or 0
end

-- Of each entry its position, event id, time and record: one flat list is read fastest.
local function entries(from, to, count)
  local found = {}
  for _, entry in ipairs(redis.call('XRANGE', log, from, to, 'COUNT', count)) do
    local of, list = {}, entry[2]
    for at = 1, #list, 2 do of[list[at]] = list[at + 1] end
    local last = #found
    found[last + 1], found[last + 2] = string.match(entry[1], '^%d+'), of.e or ''
    found[last + 3], found[last + 4] = of.at or '', of.r or ''
  end
  return found
end
`;

/*
 * What reads is a script too: a transaction would be refused when memory is short, and single commands are not of one
 * moment.
 */

/** KEYS: all six. ARGV: now or '', maximal age, position, limit. Answers: epoch, whether the first of them is due to go, entries after the position. */
export const readLog = /* lua */ `
${reading}
local from = '(' .. ARGV[3] .. '-0'
return { redis.call('HGET', meta, 'epoch'), isDue(from, ARGV[1], ARGV[2]), entries(from, '+', ARGV[4]) }
`;

/** KEYS: all six. ARGV: now or '', maximal age, position. Answers: all of meta; whether the oldest entry is due to go; it, that at the position, none or one each. */
export const readPlace = /* lua */ `
${reading}
local id = ARGV[3] .. '-0'
return { redis.call('HGETALL', meta), isDue('-', ARGV[1], ARGV[2]), entries('-', '+', 1), entries(id, id, 1) }
`;

/** KEYS: all six. ARGV: ticket id. Answers: the last position, none or the oldest entry, what is kept of the ticket. */
export const readTicket = /* lua */ `
${reading}
return { redis.call('HGET', meta, 'head'), entries('-', '+', 1), redis.call('HGET', tickets, ARGV[1]) }
`;
