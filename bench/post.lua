-- One request over and over for wrk. In: BODY (a file), KEY. Out: one line `JSON {...}`.
-- Never here: looking into answers beyond their status.
wrk.method = "POST"
local file = io.open(os.getenv("BODY"), "rb")
wrk.body = file:read("*a")
file:close()
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer " .. os.getenv("KEY")
wrk.headers["anthropic-version"] = "2023-06-01"

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    'JSON {"n":%d,"bytes":%d,"seconds":%.6f,"p50_us":%d,"p99_us":%d,"bad":%d,"failed":%d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
