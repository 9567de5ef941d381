-- Asks Holdfast whether a request may pass; for haproxy.cfg beside this file. HAProxy 2.6 or later.

-- The frontend `verify` of haproxy.cfg.
local ASK = "http://127.0.0.1:8089/verify/haproxy"
-- `forwardAuth.headerPrefix` of the gateways, in small letters.
local IDENTITY = "x-auth-request-"
-- How long an answer may take (in milliseconds).
local TIMEOUT_MS = 5000

-- What the gateway looks at in the client's request.
local TOLD = { "cookie", "authorization", "accept" }
-- About a connection or its framing, not about the answer.
local HOP_BY_HOP = {
  connection = true, ["keep-alive"] = true, ["transfer-encoding"] = true, ["content-length"] = true, date = true,
}

local function question(txn)
  local sent = txn.http:req_get_headers()
  local headers = {
    ["x-forwarded-method"] = { txn.f:method() },
    ["x-forwarded-proto"] = { "https" },
    ["x-forwarded-host"] = { txn.sf:req_hdr("host") },
    ["x-forwarded-uri"] = { txn.sf:pathq() },
  }
  for _, name in ipairs(TOLD) do
    local values = {}
    -- HAProxy counts a header's values from 0.
    local index = 0
    while sent[name] and sent[name][index] do
      values[#values + 1] = sent[name][index]
      index = index + 1
    end
    -- HTTP/2 may split the cookies; together they are one header again.
    if #values > 0 then headers[name] = { table.concat(values, name == "cookie" and "; " or ", ") } end
  end
  return { url = ASK, headers = headers, timeout = TIMEOUT_MS }
end

local function each(headers, visit)
  for name, values in pairs(headers or {}) do
    local index = 0
    while values[index] do
      visit(name:lower(), values[index])
      index = index + 1
    end
  end
end

core.register_action("holdfast", { "http-req" }, function(txn)
  local answer = core.httpclient():get(question(txn))

  if answer and answer.status == 200 then
    each(answer.headers, function(name, value)
      if name:sub(1, #IDENTITY) == IDENTITY and value ~= "" then txn.http:req_set_header(name, value) end
    end)
    return
  end

  -- Refused, sent to the login page, or not known: the client gets the gateway's own answer.
  local known = answer and answer.status and answer.status >= 300
  local reply = txn:reply({ status = known and answer.status or 503, body = known and answer.body or "" })
  if known then
    each(answer.headers, function(name, value)
      if not HOP_BY_HOP[name] then reply:add_header(name, value) end
    end)
  else
    reply:add_header("retry-after", "1")
    reply:add_header("cache-control", "no-store")
  end
  txn:done(reply)
end, 0)
