-- One connection per thread, each sending at times of its own, whether or not the server keeps up: -t and -c must be equal.
-- Arguments after "--": NAME of the scenario, RATE in requests per second over all connections (0: as fast as replies come), RUN, a tag.
local ffi = require("ffi")
ffi.cdef [[
  typedef struct { long sec; long nsec; } bench_time;
  int clock_gettime(int clock, bench_time *time);
]]
local clock = ffi.new("bench_time")
local function now() -- microseconds
  ffi.C.clock_gettime(1, clock)
  return tonumber(clock.sec) * 1e6 + tonumber(clock.nsec) / 1e3
end

local threads = {}
function setup(thread)
  thread:set("id", #threads)
  table.insert(threads, thread)
end

local scenario, rate, run, interval, due, sent
local root = "/MetaService/http/v1/"
local count = 0
local STEP = math.log(1.01) -- Latencies are kept to one per cent.
accepted, refused, failed, lost, latencies = 0, 0, 0, 0, {}

function init(args)
  scenario, rate, run = args[1], tonumber(args[2]), args[3]
  local connections = tonumber(args[4])
  interval = rate > 0 and connections / rate * 1e6 or 0
  math.randomseed(id * 7919 + os.time())
  due = now() + math.random() * interval
end

-- Exponentially distributed pauses: what many clients that know nothing of each other make.
function delay()
  if interval == 0 then return 0 end
  due = due - math.log(1 - math.random()) * interval
  local wait = due - now()
  if wait < -1e6 then
    lost = lost + 1
    due = now()
  end
  return math.max(0, math.floor(wait / 1e3))
end

local function create(name)
  return wrk.format("PUT", root .. "create_instance?token=greedisgood9999", nil, '{"instance_id": "' .. name ..
    '", "name": "bench", "user_id": "bench", "vault": {"obj_info": {"ak": "bench-ak", "sk": "bench-sk", "bucket": "bucket", ' ..
    '"prefix": "prefix", "endpoint": "cos.example.com", "external_endpoint": "cos.example.com", "region": "r", "provider": "COS"}}}')
end

function request()
  sent = now()
  if scenario == "create_instance" then
    count = count + 1
    return create(run .. "-" .. id .. "-" .. count)
  end
  return wrk.format("GET", root .. "get_instance?token=greedisgood9999&instance_id=bench-read")
end

function response(status)
  local took = now() - sent
  if status == 200 then
    accepted = accepted + 1
    local bucket = math.floor(math.log(math.max(took, 1)) / STEP)
    latencies[bucket] = (latencies[bucket] or 0) + 1
  elseif status == 429 then
    refused = refused + 1
  else
    failed = failed + 1
  end
end

function done(summary)
  local sums = { accepted = 0, refused = 0, failed = 0, lost = 0 }
  local all = {}
  for _, thread in ipairs(threads) do
    for name in pairs(sums) do sums[name] = sums[name] + thread:get(name) end
    for bucket, n in pairs(thread:get("latencies")) do all[bucket] = (all[bucket] or 0) + n end
  end
  local buckets = {}
  for bucket in pairs(all) do table.insert(buckets, bucket) end
  table.sort(buckets)
  local function percentile(p)
    local seen = 0
    for _, bucket in ipairs(buckets) do
      seen = seen + all[bucket]
      if seen >= sums.accepted * p then return math.exp((bucket + 1) * STEP) / 1e3 end
    end
    return 0
  end
  local seconds = summary.duration / 1e6
  local sockets = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %.0f %.0f %.2f %.2f %.2f %d %d\n", sums.accepted / seconds, sums.refused / seconds, percentile(0.5),
    percentile(0.99), percentile(0.999), sums.failed + sockets, sums.lost))
end
