-- Where a search found something is counted each minute; what was searched in vain is not looked at for it.
CREATE INDEX trace_found ON trace_answer (done_at) WHERE traces @> '[{"ending": "found"}]';
