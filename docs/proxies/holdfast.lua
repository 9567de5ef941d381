-- Asks Holdfast whether a request is allowed; for haproxy.cfg beside this file. HAProxy 2.6 or later.

-- The frontend `verify` of haproxy.cfg.
local ASK = "http://127.0.0.1:8089/verify/haproxy"
-- `forwardAuth.headerPrefix` of the gateways, in lower case.
local IDENTITY = "x-auth-request-"
-- Deadline of an answer (in milliseconds).
local TIMEOUT_MS = 5000
-- Whether the application gets the session token: only if it verifies the token itself, or ends sessions (README.md).
local PASS_TOKEN = false

-- The headers of the client's request that the gateway reads.
local REQUEST_HEADERS = { "cookie", "authorization", "accept" }
-- Headers of the connection and its framing, which do not belong to the answer.
local HOP_BY_HOP = {
  connection = true, ["keep-alive"] = true, ["transfer-encoding"] = true, ["content-length"] = true, date = true,
}

-- All values of a header in one, or nil. HTTP/2 may split the cookies.
local function joined(sent, name, separator)
  if not sent[name] then return nil end
  local values = {}
  -- HAProxy counts a header's values from 0.
  local index = 0
  while sent[name][index] do
    values[#values + 1] = sent[name][index]
    index = index + 1
  end
  return table.concat(values, separator)
end

local function question(txn)
  local sent = txn.http:req_get_headers()
  local headers = {
    ["x-forwarded-method"] = { txn.f:method() },
    ["x-forwarded-proto"] = { "https" },
    ["x-forwarded-host"] = { txn.sf:req_hdr("host") },
    ["x-forwarded-uri"] = { txn.sf:pathq() },
  }
  for _, name in ipairs(REQUEST_HEADERS) do
    local value = joined(sent, name, name == "cookie" and "; " or ", ")
    if value then headers[name] = { value } end
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

-- Removes the cookies of the gateways, and a bearer token of Holdfast, from the request.
local function remove_token(txn)
  local sent = txn.http:req_get_headers()
  local cookies = joined(sent, "cookie", ";")
  if cookies then
    local others = {}
    for cookie in cookies:gmatch("[^;]+") do
      local trimmed = cookie:match("^%s*(.-)%s*$")
      if not trimmed:match("^__%a+%-holdfast[%w_-]*%s*=") then others[#others + 1] = trimmed end
    end
    txn.http:req_del_header("cookie")
    if #others > 0 then txn.http:req_add_header("cookie", table.concat(others, "; ")) end
  end
  local authorization = joined(sent, "authorization", ", ")
  if authorization and authorization:lower():match("^bearer%s+hf_") then txn.http:req_del_header("authorization") end
end

core.register_action("holdfast", { "http-req" }, function(txn)
  local answer = core.httpclient():get(question(txn))

  if answer and answer.status == 200 then
    each(answer.headers, function(name, value)
      if name:sub(1, #IDENTITY) == IDENTITY and value ~= "" then txn.http:req_set_header(name, value) end
    end)
    if not PASS_TOKEN then remove_token(txn) end
    return
  end

  -- Refused, redirected to the login page, or not verified: the client gets the gateway's own answer.
  local known = answer and answer.status and answer.status >= 300
  local reply = txn:reply({ status = known and answer.status or 503, body = known and answer.body or "" })
  if known then
    each(answer.headers, function(name, value)
      if not HOP_BY_HOP[name] then reply:add_header(name, value) end
    end)
  else
    reply:add_header("retry-after", "1")
    reply:add_header("cache-control", "no-store")
    reply:add_header("content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
    reply:add_header("x-content-type-options", "nosniff")
  end
  txn:done(reply)
end, 0)
