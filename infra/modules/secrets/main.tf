# The secrets, without their values: a value in here would be in the state as well. The operator puts each as a JSON
# object from names to values, and no function that reads one starts before.

variable "name" { type = string }
variable "key_arn" { type = string }
variable "protect" { type = bool }

locals {
  secrets = {
    accounts = "App secrets, verify tokens and access tokens of the platforms' accounts"
    operator = "The token that opens the cases and requests APIs"
  }
}

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:Platforms issue these tokens and have no call that rotates them; README.md says how people do it.
  for_each = local.secrets

  name                    = "${var.name}/${each.key}"
  description             = each.value
  kms_key_id              = var.key_arn
  recovery_window_in_days = var.protect ? 7 : 0
}

output "arns" {
  value = { for name, it in aws_secretsmanager_secret.this : name => it.arn }
}
