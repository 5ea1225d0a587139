# The two tables. They are apart because a copy of the data must not bring the keys along.

variable "data_name" { type = string }
variable "keys_name" { type = string }
variable "key_arn" { type = string }
variable "protect" { type = bool }
variable "keys_recovery" { type = string }

resource "aws_dynamodb_table" "data" {
  name                        = var.data_name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = var.protect

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  attribute {
    name = "due"
    type = "S"
  }

  attribute {
    name = "due_at"
    type = "N"
  }

  attribute {
    name = "listing"
    type = "S"
  }

  attribute {
    name = "listing_at"
    type = "N"
  }

  # Sparse: work that waits. The steward reads the row itself before it acts.
  global_secondary_index {
    name            = "due"
    hash_key        = "due"
    range_key       = "due_at"
    projection_type = "KEYS_ONLY"
  }

  # Sparse: the queues of cases and requests that people see.
  global_secondary_index {
    name            = "listing"
    hash_key        = "listing"
    range_key       = "listing_at"
    projection_type = "KEYS_ONLY"
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.key_arn
  }

  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_dynamodb_table" "keys" {
  #checkov:skip=CKV_AWS_28:It is on by default. `off` is a choice: an erasure then reaches every copy at once, and a lost table is lost.
  name                        = var.keys_name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = var.protect

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.key_arn
  }

  # A destroyed key lives on in the recovery window, so it is as short as AWS has it.
  point_in_time_recovery {
    enabled                 = var.keys_recovery != "off"
    recovery_period_in_days = var.keys_recovery == "off" ? null : 1
  }
}

output "names" {
  value = {
    data = aws_dynamodb_table.data.name
    keys = aws_dynamodb_table.keys.name
  }
}

output "arns" {
  value = {
    data = aws_dynamodb_table.data.arn
    keys = aws_dynamodb_table.keys.arn
  }
}
