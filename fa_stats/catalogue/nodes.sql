-- statement: nodes
--   One row is one node that has checked in.
--   group: instance
--   kind: count
--   since: 1.55.1
--   privacy: count
--   confidence: inferred
--   why: Shows how far the instance is scaled out.

SELECT
  -- instanceNodes: Rows of nodes.
  --   within: nodes
  --   confidence: ambiguous
  --   ambiguity: freshness rule for stale nodes is not documented
  count(nodes.id) AS instanceNodes,

  -- nodes: Rows of nodes.
  --   within: instanceNodes
  --   payload: metrics | group: metrics | since: 1.0
  --   ambiguity: freshness rule for last_checkin_instant not documented
  count(nodes.id) AS nodes
FROM nodes
