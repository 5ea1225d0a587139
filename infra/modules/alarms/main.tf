# One topic, and what is told there. A missing figure is no alarm: a function that nobody calls has no errors.

locals {
  # What the functions log and what we count of it are apart from AWS's own figures.
  namespace = var.name

  alarms = merge(
    {
      for key, it in var.functions : "${key}-errors" => {
        about     = "A call of the function failed"
        namespace = "AWS/Lambda", metric = "Errors", dimensions = { FunctionName = it.name }
        statistic = "Sum", threshold = 1, period = 300
      }
    },
    {
      for key, it in var.functions : "${key}-throttles" => {
        about     = "Lambda refused to start the function: a limit is reached"
        namespace = "AWS/Lambda", metric = "Throttles", dimensions = { FunctionName = it.name }
        statistic = "Sum", threshold = 1, period = 300
      }
    },
    {
      for key, queue in var.dead : "${key}-dead" => {
        about     = "Something failed for good and lies in the dead-letter queue"
        namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = queue }
        statistic = "Maximum", threshold = 1, period = 300
      }
    },
    {
      for key, queue in var.queues : "${key}-age" => {
        about     = "A message waits too long"
        namespace = "AWS/SQS", metric = "ApproximateAgeOfOldestMessage", dimensions = { QueueName = queue }
        statistic = "Maximum", threshold = var.oldest_message_seconds, period = 300
      }
    },
    {
      for key, threshold in var.thresholds : "log-${key}" => {
        about     = "The functions logged alarm=\"${key}\""
        namespace = local.namespace, metric = "Alarms", dimensions = { alarm = key }
        statistic = "Sum", threshold = threshold, period = 300
      }
    },
    {
      # Not the same as errors: the function itself answers 503 when it could not take something in.
      for key, name in var.urls : "${key}-url-5xx" => {
        about     = "The function's URL answered with an error of ours"
        namespace = "AWS/Lambda", metric = "Url5xxCount", dimensions = { FunctionName = name }
        statistic = "Sum", threshold = 1, period = 300
      }
    },
    {
      api-5xx = {
        about     = "The API answered with an error of ours"
        namespace = "AWS/ApiGateway", metric = "5xx", dimensions = { ApiId = var.api_id }
        statistic = "Sum", threshold = 1, period = 300
      }
      exports = {
        about     = "Unusually much personal data was exported"
        namespace = local.namespace, metric = "Exports", dimensions = {}
        statistic = "Sum", threshold = var.exports_threshold, period = 3600
      }
    },
  )
}

resource "aws_sns_topic" "this" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.key_arn
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account }
          ArnLike      = { "aws:SourceArn" = "arn:${var.partition}:cloudwatch:${var.region}:${var.account}:alarm:${var.name}-*" }
        }
      },
      {
        Sid       = "Budget"
        Effect    = "Allow"
        Principal = { Service = "budgets.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account }
          ArnLike      = { "aws:SourceArn" = "arn:${var.partition}:budgets::${var.account}:*" }
        }
      },
      {
        Sid       = "OnlyTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.this.arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "email" {
  for_each = toset(var.emails)

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = each.key
}

# One figure for all functions, split by what the line says.
resource "aws_cloudwatch_log_metric_filter" "alarms" {
  for_each = var.functions

  name           = "${each.value.name}-alarms"
  log_group_name = each.value.log_group
  pattern        = "{ $.alarm = \"*\" }"

  metric_transformation {
    name       = "Alarms"
    namespace  = local.namespace
    value      = "1"
    dimensions = { alarm = "$.alarm" }
  }
}

resource "aws_cloudwatch_log_metric_filter" "exports" {
  name           = "${var.name}-exports"
  log_group_name = var.access_log
  pattern        = "{ $.route = \"GET /api/requests/{request}/export\" && $.status = \"200\" }"

  metric_transformation {
    name      = "Exports"
    namespace = local.namespace
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.about
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = each.value.statistic
  period              = each.value.period
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

resource "aws_budgets_budget" "this" {
  count = var.monthly_budget_usd == null ? 0 : 1

  name         = var.name
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }
    content {
      comparison_operator       = "GREATER_THAN"
      notification_type         = notification.key
      threshold                 = notification.value
      threshold_type            = "PERCENTAGE"
      subscriber_sns_topic_arns = [aws_sns_topic.this.arn]
    }
  }
}

output "topic_arn" {
  value = aws_sns_topic.this.arn
}
