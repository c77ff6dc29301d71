#!lua name=convene_1
-- The one door through which Convene writes to Redis. Layout of the keys: docs/ARCHITECTURE.md, "State in Redis".
--
-- Each Function counts and types its arguments, then checks everything, then writes: an error in the middle of a script
-- does not undo what it wrote before. Of the writes, XADD comes first, since it alone can still refuse. Integers arrive
-- as text. What the caller may see is an answer {name, …}; an error reply is EPOCH (another daemon owns the programme)
-- or ARGS (a fault of the caller's code). A repeated call gives the answer of the first.

local RECEIVED, PROPOSED, WAITLISTED = 1, 4, 5
-- Rejected, declined, withdrawn, cancelled: nothing comes after such a request any more.
local DEAD = { [3] = true, [7] = true, [10] = true, [11] = true }
local WALK_MAX = 10000 -- links; the validators refuse what goes beyond 8,192 (AFTER_TOO_MANY)
local TOKENS_MAX_BYTES = 96
local HASH_BYTES, CHAIN_PIECE = 32, 65536

local function bad_args(what)
	return redis.error_reply('ARGS ' .. what)
end

local function bad_epoch()
	return redis.error_reply('EPOCH the programme belongs to another daemon')
end

-- The programme's epoch is not the caller's: nil where there is no such programme.
local function not_owned(owner)
	return owner and bad_epoch() or { 'unknown' }
end

-- Redis would print each number it is given anew, as a double.
local function text(number)
	return string.format('%d', number)
end

-- epoch, cursor, version as numbers, and phase; nil where there is no such programme.
local function read_head(key)
	local head = redis.call('HMGET', key, 'epoch', 'cursor', 'version', 'phase')
	return tonumber(head[1]), tonumber(head[2]), tonumber(head[3]), head[4]
end

-- The last cursor whose hash stands in the chain, and that hash.
local function read_seal(key)
	local head = redis.call('HMGET', key, 'sealed', 'seal')
	return tonumber(head[1] or 0), head[2] or ''
end

-- keys: head, log, ids, after, one record for each request
-- args: epoch, unix ms, n; each: id, federation, by, after, content, digest, standing, update
local function admit(keys, args)
	local epoch, n = tonumber(args[1]), tonumber(args[3])
	if not epoch or not tonumber(args[2]) or not n or #args ~= 3 + 8 * n or #keys ~= 4 + n then
		return bad_args('admit')
	end
	local owner, cursor, version, phase = read_head(keys[1])
	if owner ~= epoch then
		return not_owned(owner)
	end

	local answer, fresh, taken = { 'ok' }, {}, false
	for i = 1, n do
		local digest = args[3 + 8 * (i - 1) + 6]
		local r = redis.call('HMGET', keys[4 + i], 'rev', 'trail', 'state', 'digest', 'd0')
		if not r[1] then
			fresh[#fresh + 1] = i
			answer[i + 1] = { 'new', 1, cursor + #fresh, RECEIVED }
		elseif r[4] == digest or r[5] == digest then
			-- the receipt of the first time: the trail begins with its cursor
			answer[i + 1] = { 'again', r[4] == digest and tonumber(r[1]) or 1, tonumber(r[2]:match('^%d+')), tonumber(r[3]) }
		else
			answer[i + 1] = { 'taken', tonumber(r[1]), tonumber(r[2]:match('^%d+')), tonumber(r[3]) }
			taken = true
		end
	end
	if taken then
		answer[1] = 'taken'
		return answer
	elseif #fresh == 0 then
		return answer
	elseif phase ~= 'open' then
		return { 'closed' }
	end

	local at
	version = text(version)
	for k = 1, #fresh do
		local i = fresh[k]
		local a = 3 + 8 * (i - 1)
		local id = args[a + 1]
		at = text(cursor + k)
		redis.call('XADD', keys[2], at .. '-0', 'u', args[a + 8], 'v', version)
		redis.call('HSET', keys[4 + i], 'state', '1', 'rev', '1', 'cursor', at, 'digest', args[a + 6],
			'fed', args[a + 2], 'by', args[a + 3], 't0', args[2], 'c', args[a + 5], 's', args[a + 7], 'trail', at)
		redis.call('RPUSH', keys[3], id)
		if args[a + 4] ~= '' then
			redis.call('HSET', keys[4], id, args[a + 4])
		end
	end
	redis.call('HSET', keys[1], 'cursor', at)
	return answer
end

-- Brings requests back as they stood elsewhere. One that stands here already, the same, is passed over.
-- keys: head, log, ids, after, one record for each request
-- args: epoch, n; each: id, federation, by, after, content, digest, standing, update, state, revision, received, bump
local function restore(keys, args)
	local epoch, n = tonumber(args[1]), tonumber(args[2])
	if not epoch or not n or n < 1 or #args ~= 2 + 12 * n or #keys ~= 4 + n then
		return bad_args('restore')
	end
	local owner, cursor, version = read_head(keys[1])
	if owner ~= epoch then
		return not_owned(owner)
	end
	local fresh = {}
	for i = 1, n do
		local a = 2 + 12 * (i - 1)
		if not tonumber(args[a + 9]) or not tonumber(args[a + 10]) or not tonumber(args[a + 11])
			or not tonumber(args[a + 12]) then
			return bad_args('restore: request ' .. i)
		end
		local r = redis.call('HMGET', keys[4 + i], 'rev', 'digest', 's')
		if not r[1] then
			fresh[#fresh + 1] = i
		elseif r[1] ~= args[a + 10] or r[2] ~= args[a + 6] or r[3] ~= args[a + 7] then
			return { 'taken', i - 1 }
		end
	end
	for k = 1, #fresh do
		local i = fresh[k]
		local a = 2 + 12 * (i - 1)
		local id, at = args[a + 1], text(cursor + k)
		version = version + tonumber(args[a + 12])
		redis.call('XADD', keys[2], at .. '-0', 'u', args[a + 8], 'v', text(version))
		redis.call('HSET', keys[4 + i], 'state', args[a + 9], 'rev', args[a + 10], 'cursor', at, 'digest', args[a + 6],
			'fed', args[a + 2], 'by', args[a + 3], 't0', args[a + 11], 'c', args[a + 5], 's', args[a + 7], 'trail', at)
		redis.call('RPUSH', keys[3], id)
		if args[a + 4] ~= '' and not DEAD[tonumber(args[a + 9])] then
			redis.call('HSET', keys[4], id, args[a + 4])
		end
	end
	if #fresh > 0 then
		redis.call('HSET', keys[1], 'cursor', text(cursor + #fresh), 'version', text(version), 'by', '')
	end
	return { 'ok', cursor + #fresh, version, #fresh }
end

-- Does what `id` comes after lead back to it?
local function in_circle(key, id)
	local known, open, steps = {}, { id }, 0
	while #open > 0 do
		local names = redis.call('HGET', key, table.remove(open))
		for name in (names or ''):gmatch('%S+') do
			steps = steps + 1
			if name == id or steps > WALK_MAX then
				return true
			elseif not known[name] then
				known[name] = true
				open[#open + 1] = name
			end
		end
	end
	return false
end

-- The answer that a commit with this token was given, from the last few of its first request.
local function answered(tokens, token)
	local _, last = (' ' .. tokens):find(' ' .. token .. ':', 1, true)
	if not last then
		return nil
	end
	local cursor, version = tokens:match('^(%d+):(%d+) ', last)
	return cursor and { 'ok', tonumber(cursor), tonumber(version) }
end

-- Everything of one change but its entry in the log. The first of a commit also keeps the commit's `line`.
local function write_change(keys, key, args, a, r, at, line)
	local id, to, content = args[a + 1], tonumber(args[a + 6]), args[a + 8]
	if content ~= '' then
		local digests = redis.call('HMGET', key, 'digest', 'd0')
		redis.call('HSET', key, 'c', content, 'digest', args[a + 9], 'd0', digests[2] or digests[1])
		if args[a + 10] ~= '' then
			redis.call('HSET', keys[3], id, args[a + 10])
		else
			redis.call('HDEL', keys[3], id)
		end
	end
	if line then
		redis.call('HSET', key, 'rev', args[a + 5], 'state', args[a + 6], 'cursor', at, 's', args[a + 11],
			'trail', r[4] .. ',' .. at, 'tok', line:sub(1, TOKENS_MAX_BYTES))
	else
		redis.call('HSET', key, 'rev', args[a + 5], 'state', args[a + 6], 'cursor', at, 's', args[a + 11],
			'trail', r[4] .. ',' .. at)
	end
	if to == RECEIVED then
		redis.call('HDEL', keys[4], id)
	elseif DEAD[to] then
		redis.call('HDEL', keys[3], id)
	end
end

-- keys: head, log, after, deaths, one record for each change; where a planning round is adopted, also the round
-- args: epoch, token, base version ('' = any; VERSION:TOKEN = that commit must have made it), n;
--       each: id, revision, state, cursor that must stand (0 = any), revision, state from now on, bump (0 or 1),
--       content ('' = stays), digest, after, standing, update; at the end the round, where its key is there
local function commit(keys, args)
	local epoch, token, n = tonumber(args[1]), args[2], tonumber(args[4])
	local has_round = n and #keys == 5 + n and 1 or 0
	if not epoch or not n or n < 1 or #args ~= 4 + 12 * n + has_round or #keys ~= 4 + n + has_round then
		return bad_args('commit')
	end
	local owner, cursor, version, phase = read_head(keys[1])
	if owner ~= epoch then
		return not_owned(owner)
	end

	local now = {}
	for i = 1, n do
		now[i] = redis.call('HMGET', keys[4 + i], 'rev', 'state', 'cursor', 'trail', 'tok')
	end
	local tokens = now[1][5] or ''
	local before = answered(tokens, token)
	if before then
		return before
	elseif phase == 'archived' then
		return { 'closed' }
	end
	local base, maker = args[3]:match('^(%d*):?(.*)$')
	if (base ~= '' and tonumber(base) ~= version)
		or (maker ~= '' and maker ~= redis.call('HGET', keys[1], 'by')) then
		return { 'stale', version } -- before the guards: who computes anew finds out about those as well
	end

	for i = 1, n do
		local a, r = 4 + 12 * (i - 1), now[i]
		local rev, state, at = tonumber(args[a + 2]), tonumber(args[a + 3]), tonumber(args[a + 4])
		local to = tonumber(args[a + 6])
		if not rev or not state or not at or not tonumber(args[a + 5]) or not to or not tonumber(args[a + 7]) then
			return bad_args('commit: change ' .. i)
		elseif not r[1] then
			return { 'absent', i - 1 }
		end
		r[1], r[2], r[3] = tonumber(r[1]), tonumber(r[2]), tonumber(r[3])
		if (rev ~= 0 and rev ~= r[1]) or (state ~= 0 and state ~= r[2]) or (at ~= 0 and at ~= r[3]) then
			return { 'gone', i - 1, r[1], r[2], r[3] }
		end
	end
	for i = 1, n do
		local a = 4 + 12 * (i - 1)
		local to = tonumber(args[a + 6])
		if now[i][2] == RECEIVED and (to == PROPOSED or to == WAITLISTED) and in_circle(keys[3], args[a + 1]) then
			return { 'circle', i - 1 }
		end
	end

	local first, last = version, version
	for i = 1, n do
		last = last + tonumber(args[4 + 12 * (i - 1) + 7])
	end
	local answer = { 'ok', cursor + n, last }
	local line = token .. ':' .. text(cursor + n) .. ':' .. text(last) .. ' ' .. tokens
	for i = 1, n do
		local a, at = 4 + 12 * (i - 1), text(cursor + i)
		version = version + tonumber(args[a + 7])
		redis.call('XADD', keys[2], at .. '-0', 'u', args[a + 12], 'v', text(version))
		write_change(keys, keys[4 + i], args, a, now[i], at, i == 1 and line)
	end
	if last > first then
		redis.call('HSET', keys[1], 'cursor', text(cursor + n), 'version', text(last), 'by', token)
	else
		redis.call('HSET', keys[1], 'cursor', text(cursor + n))
	end
	if has_round == 1 then
		redis.call('SET', keys[5 + n], args[5 + 12 * n])
	end
	return answer
end

-- keys: head, round; args: epoch, round
local function round(keys, args)
	local epoch = tonumber(args[1])
	if not epoch or #args ~= 2 or #keys ~= 2 then
		return bad_args('round')
	end
	local owner, _, _, phase = read_head(keys[1])
	if owner ~= epoch then
		return not_owned(owner)
	elseif phase == 'archived' then
		return { 'closed' }
	end
	redis.call('SET', keys[2], args[2])
	return { 'ok' }
end

-- keys: head, log, entity cursors, the hash of its kind for each entity
-- args: epoch, n; each: kind, id, entity ('' = retire), update, phase (kind programme alone)
local function put(keys, args)
	local epoch, n = tonumber(args[1]), tonumber(args[2])
	if not epoch or not n or n < 1 or #args ~= 2 + 5 * n or #keys ~= 3 + n then
		return bad_args('put')
	end
	local owner, cursor, version, phase = read_head(keys[1])
	if owner and owner ~= epoch then
		return bad_epoch()
	elseif not owner and (args[3] ~= 'programme' or args[5] == '') then
		return { 'unknown' }
	elseif phase == 'archived' and args[3] ~= 'programme' then
		return { 'closed' }
	end
	cursor, version = cursor or 0, version or 0

	local stands, changes = {}, {}
	for i = 1, n do
		local a = 2 + 5 * (i - 1)
		local name, bytes = args[a + 1] .. '/' .. args[a + 2], args[a + 3]
		if args[a + 1] == 'programme' and (bytes == '' or args[a + 5] == '') then
			return bad_args('put: entity ' .. i)
		end
		local old = stands[name]
		if old == nil then
			old = redis.call('HGET', keys[3 + i], args[a + 2]) or ''
		end
		if old ~= bytes then
			changes[#changes + 1] = i
		end
		stands[name] = bytes
	end
	if #changes == 0 then
		return { 'ok', cursor, version, 0 }
	end

	for _, i in ipairs(changes) do
		local a = 2 + 5 * (i - 1)
		local kind, id, bytes = args[a + 1], args[a + 2], args[a + 3]
		cursor, version = cursor + 1, version + 1
		redis.call('XADD', keys[2], text(cursor) .. '-0', 'u', args[a + 4], 'v', text(version))
		if bytes == '' then
			redis.call('HDEL', keys[3 + i], id)
		else
			redis.call('HSET', keys[3 + i], id, bytes)
		end
		redis.call('HSET', keys[3], kind .. '/' .. id, text(cursor))
		if kind == 'programme' then
			phase = args[a + 5]
		end
	end
	redis.call('HSET', keys[1], 'epoch', args[1], 'cursor', text(cursor), 'version', text(version), 'phase', phase,
		'by', '')
	return { 'ok', cursor, version, #changes }
end

-- keys: head; args: epoch
local function claim(keys, args)
	local epoch = tonumber(args[1])
	if not epoch or #args ~= 1 or #keys ~= 1 then
		return bad_args('claim')
	end
	local owner, cursor, version, phase = read_head(keys[1])
	if not owner then
		return { 'unknown' }
	elseif owner > epoch then
		return bad_epoch()
	end
	redis.call('HSET', keys[1], 'epoch', args[1])
	return { 'ok', cursor, version, phase, read_seal(keys[1]) }
end

-- Appends to the chain of hashes, and never rewrites: what it holds already must be the same.
-- keys: head, piece of the chain; args: epoch, first cursor, the hash before it, hashes of that cursor and on
local function seal(keys, args)
	local epoch, first, before, hashes = tonumber(args[1]), tonumber(args[2]), args[3], args[4]
	local n = #args == 4 and #hashes / HASH_BYTES or 0
	if not epoch or not first or first < 1 or n < 1 or n % 1 ~= 0 or #keys ~= 2
		or (first - 1) % CHAIN_PIECE + n > CHAIN_PIECE then
		return bad_args('seal')
	end
	local owner, cursor = read_head(keys[1])
	if owner ~= epoch then
		return not_owned(owner)
	end
	local sealed, last = read_seal(keys[1])
	local at, known = HASH_BYTES * ((first - 1) % CHAIN_PIECE), math.min(sealed - first + 1, n)
	if known < 0 or first - 1 + n > cursor or (known == 0 and sealed > 0 and last ~= before) then
		return { 'broken' }
	end
	local edge = HASH_BYTES * known
	if known > 0 and redis.call('GETRANGE', keys[2], at, at + edge - 1) ~= hashes:sub(1, edge) then
		return { 'broken' }
	elseif known == n then
		return { 'ok' }
	elseif redis.call('STRLEN', keys[2]) ~= at + edge then
		return { 'broken' }
	end
	redis.call('APPEND', keys[2], hashes:sub(edge + 1))
	redis.call('HSET', keys[1], 'sealed', text(first - 1 + n), 'seal', hashes:sub(-HASH_BYTES))
	return { 'ok' }
end

-- keys: head, deaths; args: epoch, id, token
local function death(keys, args)
	local epoch = tonumber(args[1])
	if not epoch or #args ~= 3 or #keys ~= 2 then
		return bad_args('death')
	end
	local owner = read_head(keys[1])
	if owner ~= epoch then
		return not_owned(owner)
	end
	local count, token = (redis.call('HGET', keys[2], args[2]) or '0 '):match('^(%d+) (.*)$')
	count = tonumber(count)
	if token ~= args[3] then
		count = count + 1
		redis.call('HSET', keys[2], args[2], count .. ' ' .. args[3])
	end
	return { 'ok', count }
end

-- keys: principals; args: public key, principal
local function found(keys, args)
	if #args ~= 2 or #keys ~= 1 then
		return bad_args('found')
	end
	if redis.call('HLEN', keys[1]) == 0 then
		redis.call('HSET', keys[1], args[1], args[2])
	elseif redis.call('HGET', keys[1], args[1]) ~= args[2] then
		return { 'refused' }
	end
	return { 'ok' }
end

local FIELDS = { 'rev', 'state', 'cursor', 'fed', 'by', 't0', 'trail', 'c', 's' }

local function read_record(key)
	return redis.call('HMGET', key, unpack(FIELDS))
end

-- keys: head, one record for each request; no args
local function read(keys, args)
	if #keys < 2 or #args ~= 0 then
		return bad_args('read')
	end
	local owner, cursor, version = read_head(keys[1])
	if not owner then
		return { 'unknown' }
	end
	local answer = { 'ok', cursor, version }
	for i = 2, #keys do
		answer[i + 2] = read_record(keys[i])
	end
	return answer
end

-- keys: head, ids; args: what comes before an id in the key of its record, from, limit, bytes.
-- The records' keys can't be known before; they have the tag of the others, so they live beside them.
local function page(keys, args)
	local from, limit, room = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
	if not from or not limit or not room or #args ~= 4 or #keys ~= 2 then
		return bad_args('page')
	end
	local owner, cursor, version = read_head(keys[1])
	if not owner then
		return { 'unknown' }
	end
	local total, next = redis.call('LLEN', keys[2]), from
	local answer = { 'ok', cursor, version, total, -1 }
	for _, id in ipairs(redis.call('LRANGE', keys[2], from, from + limit - 1)) do
		local r = read_record(args[1] .. id)
		room = room - #(r[8] or '') - #(r[9] or '')
		if room < 0 and #answer > 5 then
			break
		end
		r[10] = id
		answer[#answer + 1] = r
		next = next + 1
	end
	if next < total and next > from then
		answer[5] = next
	end
	return answer
end

-- keys: ids; args: what comes before an id in the key of its record, from, how many to look at
local function todo(keys, args)
	local from, limit = tonumber(args[2]), tonumber(args[3])
	if not from or not limit or #args ~= 3 or #keys ~= 1 then
		return bad_args('todo')
	end
	local ids = redis.call('LRANGE', keys[1], from, from + limit - 1)
	local answer = { 'ok', #ids == limit and from + limit or -1 }
	for _, id in ipairs(ids) do
		if tonumber(redis.call('HGET', args[1] .. id, 'state')) == RECEIVED then
			answer[#answer + 1] = id
		end
	end
	return answer
end

-- keys: head, entity cursors, the hash of each kind; args: the kinds
local function entities(keys, args)
	if #args < 1 or #keys ~= 2 + #args then
		return bad_args('entities')
	end
	local owner, cursor, version = read_head(keys[1])
	if not owner then
		return { 'unknown' }
	end
	local changed, at = redis.call('HGETALL', keys[2]), {}
	for i = 1, #changed, 2 do
		at[changed[i]] = tonumber(changed[i + 1])
	end
	local answer = { 'ok', cursor, version }
	for i, kind in ipairs(args) do
		local all = redis.call('HGETALL', keys[2 + i])
		for j = 1, #all, 2 do
			answer[#answer + 1] = { kind, all[j], all[j + 1], at[kind .. '/' .. all[j]] }
		end
	end
	return answer
end

-- keys: log; args: cursors
local function entries(keys, args)
	if #keys ~= 1 then
		return bad_args('entries')
	end
	local answer = {}
	for _, cursor in ipairs(args) do
		answer[#answer + 1] = redis.call('XRANGE', keys[1], cursor, cursor)[1]
	end
	return answer
end

-- What is stored from one cursor on, whatever it is: the log's entries beside the hashes of the chain.
-- keys: head, log, piece of the chain; args: after, limit, bytes.
-- {'ok', last cursor, last sealed, its hash, the cursor through which this speaks, hashes, {id, update, version}, …}
local function audit(keys, args)
	local after, limit, room = tonumber(args[1]), tonumber(args[2]), tonumber(args[3])
	if not after or not limit or not room or #args ~= 3 or #keys ~= 3 then
		return bad_args('audit')
	end
	local owner, cursor = read_head(keys[1])
	if not owner then
		return { 'unknown' }
	end
	local sealed, last = read_seal(keys[1])
	local through = math.min(after + limit, math.max(cursor, sealed), after - after % CHAIN_PIECE + CHAIN_PIECE)
	local answer = { 'ok', cursor, sealed, last, after, '' }
	if through <= after then
		return answer
	end
	local before = after
	for _, entry in ipairs(redis.call('XRANGE', keys[2], text(after + 1), text(through), 'COUNT', 2 * limit)) do
		local at, fields = tonumber(entry[1]:match('^%d+')), entry[2]
		room = room - #(fields[2] or '')
		if room < 0 and before > after and at > before then
			through = at - 1
			break
		end
		before = at
		answer[#answer + 1] = { entry[1], fields[1] == 'u' and fields[2], fields[3] == 'v' and fields[4] }
	end
	local from = HASH_BYTES * (after % CHAIN_PIECE)
	answer[5] = through
	answer[6] = redis.call('GETRANGE', keys[3], from, from + HASH_BYTES * (through - after) - 1)
	return answer
end

redis.register_function('convene_admit', admit)
redis.register_function('convene_restore', restore)
redis.register_function('convene_commit', commit)
redis.register_function('convene_round', round)
redis.register_function('convene_put', put)
redis.register_function('convene_claim', claim)
redis.register_function('convene_seal', seal)
redis.register_function('convene_death', death)
redis.register_function('convene_found', found)
redis.register_function{ function_name = 'convene_read', callback = read, flags = { 'no-writes' } }
redis.register_function{ function_name = 'convene_page', callback = page, flags = { 'no-writes' } }
redis.register_function{ function_name = 'convene_todo', callback = todo, flags = { 'no-writes' } }
redis.register_function{ function_name = 'convene_entities', callback = entities, flags = { 'no-writes' } }
redis.register_function{ function_name = 'convene_entries', callback = entries, flags = { 'no-writes' } }
redis.register_function{ function_name = 'convene_audit', callback = audit, flags = { 'no-writes' } }
