variable "name" { type = string }
variable "zip" { type = string }
variable "architecture" { type = string }
variable "memory_mb" { type = number }
variable "timeout_seconds" { type = number }
variable "log_retention_days" { type = number }
variable "region" { type = string }

variable "reserved_concurrency" {
  type    = number
  default = null
}

variable "environment" {
  description = "The variables that the function reads."
  type        = map(string)
}

variable "environment_name" {
  description = "The name in the context that brand keys are encrypted with."
  type        = string
}

variable "key_arn" { type = string }

variable "makes_keys" {
  description = "Whether it makes a brand's key when there is none."
  type        = bool
}

variable "tables" {
  description = "The tables' names, by what they hold."
  type        = map(string)
}

variable "table_arns" { type = map(string) }

variable "grants" {
  description = "What it does to which rows."
  type = list(object({
    table        = string
    index        = optional(string)
    actions      = list(string)
    leading_keys = list(string)
  }))
}

variable "secret_arns" { type = list(string) }
variable "send_queue_arns" { type = list(string) }

variable "classifier_arns" {
  description = "The endpoints of classifiers of Comprehend that it asks."
  type        = list(string)
}

variable "receive_queue_arns" {
  description = "The queue that it reads, if it reads one."
  type        = list(string)
}
