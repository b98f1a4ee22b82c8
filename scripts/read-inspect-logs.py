"""Prints as JSON what inspect-ai finds in a folder of logs."""

import json
import sys

from inspect_ai.log import list_eval_logs, read_eval_log

logs = [read_eval_log(info) for info in list_eval_logs(sys.argv[1])]
print(
    json.dumps(
        [
            {
                "task": log.eval.task,
                "label": log.eval.metadata["label"],
                "status": log.status,
                "samples": len(log.samples),
                "errors": sum(sample.error is not None for sample in log.samples),
                "calls": sum(event.event == "model" for sample in log.samples for event in sample.events),
                "tokens": sum(
                    event.output.usage.total_tokens
                    for sample in log.samples
                    for event in sample.events
                    if event.event == "model" and event.output.usage is not None
                ),
                "means": {score.name: score.metrics["mean"].value for score in log.results.scores},
            }
            for log in logs
        ]
    )
)
