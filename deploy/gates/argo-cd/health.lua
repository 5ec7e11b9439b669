-- What Argo CD shows of a BallSession. Nothing is said of another spec than the stored one: whatever is about an earlier
-- generation counts as not known yet.
local generation = obj.metadata.generation
local status = obj.status or {}

local function answer(health, message)
  return { status = health, message = message }
end

local function condition(kind)
  for _, found in ipairs(status.conditions or {}) do
    if found.type == kind and found.observedGeneration == generation then
      return found
    end
  end
  return { status = "", reason = "", message = "" }
end

local ready, met = condition("Ready"), condition("ObjectivesMet")
local complete, stalled = condition("Complete"), condition("Stalled")

if status.observedGeneration ~= generation then
  return answer("Progressing", "the operator has not looked at this spec yet")
end
if complete.status == "True" then
  if met.status == "True" then
    return answer("Healthy", "the run is over: " .. met.message)
  elseif met.status == "" then
    return answer("Progressing", "the run is over, and is not judged by these objectives: another spec.run begins one that is")
  end
  -- A run that is over and has not shown that the objectives are met is not going to.
  return answer("Degraded", met.reason .. ": " .. met.message)
end
if ready.reason == "Suspended" then
  return answer("Suspended", ready.message)
end
if stalled.status == "True" then
  return answer("Degraded", stalled.reason .. ": " .. stalled.message)
end
if ready.status ~= "True" then
  return answer("Progressing", ready.reason .. ": " .. ready.message)
end
-- A run that has an end is judged there, as a whole.
if complete.reason == "Running" then
  return answer("Progressing", "the run goes on; so far: " .. met.message)
end
if met.status == "True" then
  return answer("Healthy", met.message)
elseif met.status == "False" then
  return answer("Degraded", met.reason .. ": " .. met.message)
end
if met.status == "Unknown" then
  return answer("Progressing", met.reason .. ": " .. met.message)
end
return answer("Progressing", "the objectives are not judged yet")
