# A function with its role, its log group and, if it has one, the queue that it reads.

locals {
  # One statement for each grant: an action, on a table or an index, for partition keys that begin in certain ways.
  table_statements = [
    for grant in var.grants : {
      Effect = "Allow"
      Action = grant.actions
      Resource = [
        grant.index == null ? var.table_arns[grant.table] : "${var.table_arns[grant.table]}/index/${grant.index}"
      ]
      Condition = {
        "ForAllValues:StringLike" = { "dynamodb:LeadingKeys" = grant.leading_keys }
        # ForAllValues also holds of a call that names no key at all.
        Null = { "dynamodb:LeadingKeys" = "false" }
      }
    }
  ]

  secret_statements = length(var.secret_arns) == 0 ? [] : [{
    Sid      = "Secrets"
    Effect   = "Allow"
    Action   = ["secretsmanager:GetSecretValue"]
    Resource = var.secret_arns
  }]

  send_statements = length(var.send_queue_arns) == 0 ? [] : [{
    Sid      = "Send"
    Effect   = "Allow"
    Action   = ["sqs:SendMessage"]
    Resource = var.send_queue_arns
  }]

  receive_statements = length(var.receive_queue_arns) == 0 ? [] : [{
    Sid      = "Receive"
    Effect   = "Allow"
    Action   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    Resource = var.receive_queue_arns
  }]

  # The redacted text goes to Comprehend, and to this classifier alone.
  classify_statements = length(var.classifier_arns) == 0 ? [] : [{
    Sid      = "Classify"
    Effect   = "Allow"
    Action   = ["comprehend:ClassifyDocument"]
    Resource = var.classifier_arns
  }]

  # Stream names are Lambda's choice, hence the `*` behind the function's own group.
  log_statements = [{
    Sid      = "Logs"
    Effect   = "Allow"
    Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
  }]

  # The key, for its own use by the context that brand keys have, and else only through a service, for what this
  # function reads and writes there.
  brand_key_statements = [{
    Sid      = "BrandKeys"
    Effect   = "Allow"
    Action   = var.makes_keys ? ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"] : ["kms:Decrypt"]
    Resource = [var.key_arn]
    Condition = {
      StringEquals = {
        "kms:EncryptionContext:purpose"     = "brand-key"
        "kms:EncryptionContext:environment" = var.environment_name
      }
    }
  }]

  service_key_statements = [
    for sid, use in {
      KeyOfTables  = { service = "dynamodb", context = "aws:dynamodb:tableName", of = values(var.tables), makes = false }
      KeyOfSecrets = { service = "secretsmanager", context = "SecretARN", of = var.secret_arns, makes = false }
      KeyToReceive = { service = "sqs", context = "aws:sqs:arn", of = var.receive_queue_arns, makes = false }
      KeyToSend    = { service = "sqs", context = "aws:sqs:arn", of = var.send_queue_arns, makes = true }
      } : {
      Sid      = sid
      Effect   = "Allow"
      Action   = use.makes ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
      Resource = [var.key_arn]
      Condition = {
        StringEquals = {
          "kms:ViaService"                       = "${use.service}.${var.region}.amazonaws.com"
          "kms:EncryptionContext:${use.context}" = use.of
        }
      }
    } if length(use.of) > 0
  ]
}

resource "aws_iam_role" "this" {
  name = var.name

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "function"
  role = aws_iam_role.this.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.table_statements, local.send_statements, local.receive_statements, local.secret_statements,
      local.classify_statements, local.log_statements, local.brand_key_statements, local.service_key_statements,
    )
  })
}

# Made before the function, which would make one without an end and without our key.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:Logs hold no texts, but ids and times are enough to be minimised: 30 days unless you choose otherwise.
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key_arn
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:X-Ray is off: traces would be one more place with ids of people, and the logs tell the story.
  #checkov:skip=CKV_AWS_115:A limit is a choice of the operator (reserved_concurrency); a wrong default would refuse webhooks.
  #checkov:skip=CKV_AWS_116:Nothing that a function works on is lost with an invocation: queues and the schedule have dead-letter queues of their own.
  #checkov:skip=CKV_AWS_117:It talks to AWS and to platforms over TLS only; a network of its own would need a NAT gateway and protect nothing.
  #checkov:skip=CKV_AWS_173:The environment holds names and addresses, never a secret; a key of ours would add a KMS call to each cold start.
  #checkov:skip=CKV_AWS_272:A signing profile is the operator's; who may deploy is decided by IAM, and the digest below is what was built.
  function_name = var.name
  role          = aws_iam_role.this.arn

  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = var.zip
  source_code_hash = filebase64sha256(var.zip)

  memory_size                    = var.memory_mb
  timeout                        = var.timeout_seconds
  reserved_concurrent_executions = var.reserved_concurrency

  # Ours are JSON already. Lambda's own lines for each call would cost more than the call; its metrics have the same.
  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.this.name
    system_log_level      = "WARN"
    application_log_level = "TRACE"
  }

  environment {
    variables = var.environment
  }

  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this]
}

resource "aws_lambda_event_source_mapping" "this" {
  count = length(var.receive_queue_arns)

  event_source_arn = var.receive_queue_arns[count.index]
  function_name    = aws_lambda_function.this.arn
  batch_size       = 10
  # Without it one failed message would bring the whole batch back.
  function_response_types = ["ReportBatchItemFailures"]
}
