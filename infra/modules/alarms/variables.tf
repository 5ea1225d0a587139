variable "name" { type = string }
variable "region" { type = string }
variable "account" { type = string }
variable "partition" { type = string }
variable "key_arn" { type = string }
variable "emails" { type = list(string) }

variable "functions" {
  description = "Each function's name and log group."
  type        = map(object({ name = string, log_group = string }))
}

variable "queues" {
  description = "The live queues' names."
  type        = map(string)
}

variable "dead" {
  description = "The dead-letter queues' names."
  type        = map(string)
}

variable "urls" {
  description = "The names of the functions that have a URL of their own."
  type        = map(string)
}

variable "api_id" { type = string }

variable "access_log" {
  description = "The API's access log group."
  type        = string
}

variable "thresholds" {
  description = "How many lines of each `alarm` field in five minutes raise an alarm."
  type        = map(number)
}

variable "exports_threshold" { type = number }
variable "oldest_message_seconds" { type = number }

variable "monthly_budget_usd" {
  type    = number
  default = null
}
