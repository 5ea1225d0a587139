# A queue of hints with the queue of those that failed for good.

variable "name" { type = string }
variable "fifo" { type = bool }
variable "tries" { type = number }
variable "visibility_seconds" { type = number }
variable "key_arn" { type = string }

locals {
  suffix = var.fifo ? ".fifo" : ""

  # Who may send and receive is in the roles' policies; this only refuses what is not encrypted on its way.
  only_tls = {
    for which, arn in { live = aws_sqs_queue.this.arn, dead = aws_sqs_queue.dead.arn } : which => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "OnlyTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }]
    })
  }
}

resource "aws_sqs_queue" "dead" {
  name                      = "${var.name}-dead${local.suffix}"
  fifo_queue                = var.fifo
  message_retention_seconds = 14 * 24 * 60 * 60
  kms_master_key_id         = var.key_arn
}

resource "aws_sqs_queue" "this" {
  name       = "${var.name}${local.suffix}"
  fifo_queue = var.fifo
  # A group is one person: order is theirs, and so is the limit.
  deduplication_scope        = var.fifo ? "messageGroup" : null
  fifo_throughput_limit      = var.fifo ? "perMessageGroupId" : null
  visibility_timeout_seconds = var.visibility_seconds
  kms_master_key_id          = var.key_arn

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead.arn
    maxReceiveCount     = var.tries
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.this.arn]
  })
}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.id
  policy    = local.only_tls.live
}

resource "aws_sqs_queue_policy" "dead" {
  queue_url = aws_sqs_queue.dead.id
  policy    = local.only_tls.dead
}

output "name" {
  value = aws_sqs_queue.this.name
}

output "url" {
  value = aws_sqs_queue.this.url
}

output "arn" {
  value = aws_sqs_queue.this.arn
}

output "dead_name" {
  value = aws_sqs_queue.dead.name
}

output "dead_url" {
  value = aws_sqs_queue.dead.url
}
