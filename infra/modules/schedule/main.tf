# The steward's tick. A tick carries nothing: the steward finds its work in the table.

variable "name" { type = string }
variable "region" { type = string }
variable "account" { type = string }
variable "partition" { type = string }
variable "key_arn" { type = string }
variable "function_arn" { type = string }

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-schedule-dead"
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.key_arn
}

resource "aws_sqs_queue_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = aws_sqs_queue.dead.arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
}

# A group of its own, so that the role can be bound to it: a schedule cannot be named before it is made.
resource "aws_scheduler_schedule_group" "this" {
  name = var.name
}

resource "aws_iam_role" "this" {
  name = "${var.name}-schedule"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = var.account }
        ArnEquals    = { "aws:SourceArn" = aws_scheduler_schedule_group.this.arn }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "schedule"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Tick"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [var.function_arn]
      },
      {
        Sid      = "Dead"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.dead.arn]
      },
      {
        Sid      = "KeyForDead"
        Effect   = "Allow"
        Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource = [var.key_arn]
        Condition = {
          StringEquals = {
            "kms:ViaService"                    = "sqs.${var.region}.amazonaws.com"
            "kms:EncryptionContext:aws:sqs:arn" = aws_sqs_queue.dead.arn
          }
        }
      },
    ]
  })
}

resource "aws_scheduler_schedule" "tick" {
  #checkov:skip=CKV_AWS_297:A schedule stores only its target and an empty input; there is nothing to encrypt.
  name                = "${var.name}-tick"
  group_name          = aws_scheduler_schedule_group.this.name
  schedule_expression = "rate(1 minute)"

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.function_arn
    role_arn = aws_iam_role.this.arn

    dead_letter_config {
      arn = aws_sqs_queue.dead.arn
    }

    # A tick that is late is not worth repeating: the next one finds the same work.
    retry_policy {
      maximum_event_age_in_seconds = 60
      maximum_retry_attempts       = 3
    }
  }

  # Else the first ticks would fail.
  depends_on = [aws_iam_role_policy.this]
}

output "dead_name" {
  value = aws_sqs_queue.dead.name
}

output "dead_url" {
  value = aws_sqs_queue.dead.url
}
