-- What a batch is read with that travels from a source to a journal elsewhere.

-- The most bytes of payload that travel in one answer, but for one payload that is larger: they
-- have to arrive within the seconds that an answer may take, over a slow line too.
local MOST_BYTES = 256 * 1024

-- Returns as many of these payloads, from the first, as may travel together.
local function fitting(raws)
  local bytes, fit = 0, {}
  for n, raw in ipairs(raws) do
    bytes = bytes + #raw
    if n > 1 and bytes > MOST_BYTES then
      break
    end
    fit[n] = raw
  end
  return fit
end

-- Returns the payloads of a batch from a place on (0 is its id's) that may travel together.
local function slice_of(batch, from)
  return fitting((oldest_of(batch, 'left', 500, MOST_BYTES, from)))
end
