# One customer-managed key. The policy below lets nobody use it for more than their part; a role needs the same right in
# its own policy too, since a key policy that names the account only delegates to IAM.

variable "name" { type = string }
variable "region" { type = string }
variable "account" { type = string }
variable "partition" { type = string }
variable "protect" { type = bool }

variable "opener_roles" {
  description = "ARNs of the roles that may open brand keys."
  type        = list(string)
}

variable "maker_roles" {
  description = "ARNs of the roles that may make brand keys."
  type        = list(string)
}

locals {
  root = { AWS = "arn:${var.partition}:iam::${var.account}:root" }

  brand_key = {
    "kms:EncryptionContext:purpose"     = "brand-key"
    "kms:EncryptionContext:environment" = var.name
  }

  # In a key policy the resource `*` means this key, and AWS accepts nothing else that is known before the key.
  policy = {
    Version = "2012-10-17"
    Statement = [
      {
        # Without the account AWS refuses the policy, since nobody could change it any more. Administration only: this
        # does not encrypt or decrypt anything.
        Sid       = "Administration"
        Effect    = "Allow"
        Principal = local.root
        Resource  = "*"
        Action = [
          "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey",
          "kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation", "kms:GetKeyPolicy",
          "kms:GetKeyRotationStatus", "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations",
          "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant", "kms:RotateKeyOnDemand",
          "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias",
          "kms:UpdateKeyDescription",
        ]
      },
      {
        Sid       = "OpenBrandKeys"
        Effect    = "Allow"
        Principal = local.root
        Resource  = "*"
        Action    = ["kms:Decrypt"]
        Condition = {
          ArnEquals    = { "aws:PrincipalArn" = var.opener_roles }
          StringEquals = local.brand_key
        }
      },
      {
        Sid       = "MakeBrandKeys"
        Effect    = "Allow"
        Principal = local.root
        Resource  = "*"
        Action    = ["kms:GenerateDataKeyWithoutPlaintext"]
        Condition = {
          ArnEquals    = { "aws:PrincipalArn" = var.maker_roles }
          StringEquals = local.brand_key
        }
      },
      {
        # What a principal of this account may do in these services, if its own policy says so as well.
        Sid       = "ThroughServices"
        Effect    = "Allow"
        Principal = local.root
        Resource  = "*"
        Action = [
          "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
          "kms:ReEncryptFrom", "kms:ReEncryptTo",
        ]
        Condition = {
          StringEquals = {
            "kms:CallerAccount" = var.account
            "kms:ViaService" = [
              for service in ["dynamodb", "s3", "secretsmanager", "sns", "sqs"] : "${service}.${var.region}.amazonaws.com"
            ]
          }
        }
      },
      {
        # DynamoDB's background work goes on with a grant that it asks for when a table is made.
        Sid       = "GrantsForDynamoDb"
        Effect    = "Allow"
        Principal = local.root
        Resource  = "*"
        Action    = ["kms:CreateGrant"]
        Condition = {
          Bool = { "kms:GrantIsForAWSResource" = "true" }
          StringEquals = {
            "kms:CallerAccount" = var.account
            "kms:ViaService"    = "dynamodb.${var.region}.amazonaws.com"
          }
        }
      },
      {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${var.region}.amazonaws.com" }
        Resource  = "*"
        Action = [
          "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext",
          "kms:ReEncryptFrom", "kms:ReEncryptTo",
        ]
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              for group in ["/aws/lambda/${var.name}-*", "/aws/apigateway/${var.name}"] :
              "arn:${var.partition}:logs:${var.region}:${var.account}:log-group:${group}"
            ]
          }
        }
      },
      {
        # Alarms go to an encrypted topic.
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Resource  = "*"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account }
          ArnLike      = { "aws:SourceArn" = "arn:${var.partition}:cloudwatch:${var.region}:${var.account}:alarm:${var.name}-*" }
        }
      },
      {
        Sid       = "Budget"
        Effect    = "Allow"
        Principal = { Service = "budgets.amazonaws.com" }
        Resource  = "*"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.account }
          ArnLike      = { "aws:SourceArn" = "arn:${var.partition}:budgets::${var.account}:*" }
        }
      },
    ]
  }
}

resource "aws_kms_key" "this" {
  description             = "Everything that ${var.name} stores, and the root of its own keys"
  deletion_window_in_days = var.protect ? 30 : 7
  enable_key_rotation     = true
  policy                  = jsonencode(local.policy)
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}

output "arn" {
  value = aws_kms_key.this.arn
}
