locals {
  # What the functions count, by the names that they have in the code.
  counted = {
    "Messages"                    = ["MessagesReceived", "MessagesRepeated", "MessagesErased", "WebhooksRefused"]
    "Who answers"                 = ["DecidedForMachine", "DecidedForPerson", "DecidedOptOut", "DecidedSilent"]
    "What became of texts"        = ["TextsSent", "TextsPutOff", "TextsRefused", "TextsUnknown", "TextsWithheld"]
    "Work that had to be found"   = ["OverdueFound"]
    "From message to answer, p99" = ["AnswerDelay"]
  }

  count_widgets = [
    for title, names in local.counted : {
      title   = title, stat = endswith(title, "p99") ? "p99" : "Sum"
      metrics = [for name in names : [local.namespace, name]]
    }
  ]

  widgets = [
    {
      title   = "Calls", stat = "Sum"
      metrics = [for it in var.functions : ["AWS/Lambda", "Invocations", "FunctionName", it.name]]
    },
    {
      title = "Errors and throttles", stat = "Sum"
      metrics = flatten([
        for it in var.functions : [
          for metric in ["Errors", "Throttles"] : { line = ["AWS/Lambda", metric, "FunctionName", it.name] }
        ]
      ])[*].line
    },
    {
      title   = "Duration, p99", stat = "p99"
      metrics = [for it in var.functions : ["AWS/Lambda", "Duration", "FunctionName", it.name]]
    },
    {
      title   = "Age of the oldest message", stat = "Maximum"
      metrics = [for queue in var.queues : ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", queue]]
    },
    {
      title   = "Dead letters", stat = "Maximum"
      metrics = [for queue in var.dead : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]]
    },
    {
      title   = "API", stat = "Sum"
      metrics = [for metric in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", metric, "ApiId", var.api_id]]
    },
    {
      title   = "What the functions call an alarm", stat = "Sum"
      metrics = [for name in keys(var.thresholds) : [local.namespace, "Alarms", "alarm", name]]
    },
    {
      title   = "Exports of personal data", stat = "Sum"
      metrics = [[local.namespace, "Exports"]]
    },
  ]

  url_widgets = [
    for key, name in var.urls : {
      title   = "URL of ${key}", stat = "Sum"
      metrics = [for metric in ["UrlRequestCount", "Url4xxCount", "Url5xxCount"] : ["AWS/Lambda", metric, "FunctionName", name]]
    }
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [
      for index, it in concat(local.count_widgets, local.widgets, local.url_widgets) : {
        type   = "metric"
        x      = index % 2 * 12
        y      = floor(index / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = it.title
          region  = var.region
          stat    = it.stat
          period  = 300
          metrics = it.metrics
        }
      }
    ]
  })
}
