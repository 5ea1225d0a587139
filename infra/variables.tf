variable "region" {
  description = "Where everything is. It decides under which law the data lies."
  type        = string
  default     = "eu-central-1"
}

variable "name" {
  description = "Begins every name. Two environments in one account need two names."
  type        = string
  default     = "forthright"

  validation {
    # The longest name that is made of it is the bucket's, with 63 characters at most.
    condition     = can(regex("^[a-z][a-z0-9-]{1,27}$", var.name))
    error_message = "Use 2 to 28 small letters, digits and hyphens, with a letter first."
  }
}

variable "protect" {
  description = "Whether tables, secrets and the audit bucket resist deletion. Only for a trial is it false."
  type        = bool
  default     = true
}

variable "emulator" {
  description = "The address of an AWS emulator, such as http://127.0.0.1:4566. Null is a real account."
  type        = string
  default     = null
}

variable "zips" {
  description = "The folder with <function>/bootstrap.zip."
  type        = string
  default     = "../target/lambda"
}

variable "architecture" {
  description = "What the zips were built for: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "It is arm64 or x86_64."
  }
}

variable "memory_mb" {
  description = "Memory of each function. Lambda gives processor time in proportion to it."
  type        = number
  default     = 128

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 256
    error_message = "It is between 128 and 256."
  }
}

variable "reserved_concurrency" {
  description = "How many instances of a function may run at most, by its name. The others share the account's limit."
  type        = map(number)
  default     = {}
}

variable "log_level" {
  description = "What the functions log: error, warn, info or debug. Never a text or a name."
  type        = string
  default     = "info"
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "brands" {
  description = "Which brands of the built-in content are served."
  type        = list(string)
  default     = ["demo"]
}

variable "public_url" {
  description = "Where people reach the status pages, without a trailing slash. Null is the API's own address."
  type        = string
  default     = null
}

variable "comprehend_endpoint" {
  description = "The ARN of the endpoint of a classifier of Amazon Comprehend, in the same region, for brands whose engine asks it. Null is that no function may."
  type        = string
  default     = null

  validation {
    condition     = var.comprehend_endpoint == null || can(regex("^arn:[a-z-]+:comprehend:[a-z0-9-]+:[0-9]{12}:document-classifier-endpoint/[A-Za-z0-9-]+$", var.comprehend_endpoint))
    error_message = "It is the ARN of a classifier's endpoint, such as arn:aws:comprehend:eu-central-1:123456789012:document-classifier-endpoint/intents."
  }
}

variable "whatsapp_api_base" {
  description = "A stand-in or proxy for WhatsApp's API. Null is the platform itself."
  type        = string
  default     = null
}

variable "secrets_generation" {
  description = "Raise it after a secret was rotated: every function that reads secrets starts anew."
  type        = number
  default     = 1
}

variable "data_table" {
  description = "The data table's name after a restore, which always makes a new table. Null is <name>-data."
  type        = string
  default     = null
}

variable "keys_recovery" {
  description = "How far back the keys table can be restored: one_day or off. An erasure reaches the backups after that time."
  type        = string
  default     = "one_day"

  validation {
    condition     = contains(["one_day", "off"], var.keys_recovery)
    error_message = "It is one_day or off."
  }
}

variable "people" {
  description = "How agents and officers are known: token (the functions check the operator token), cognito or oidc (the API checks theirs, and roles decide)."
  type        = string
  default     = "token"

  validation {
    condition     = contains(["token", "cognito", "oidc"], var.people)
    error_message = "It is token, cognito or oidc."
  }
}

variable "issuer" {
  description = "With people = oidc: the issuer of the tokens, an https address."
  type        = string
  default     = null
}

variable "audience" {
  description = "With people = oidc: whom the tokens are made for."
  type        = list(string)
  default     = []
}

variable "webhook_entry" {
  description = "Where platforms call: api (the HTTP API: throttled, with an access log) or function_url (the webhook function's own address: no charge for the call)."
  type        = string
  default     = "api"

  validation {
    condition     = contains(["api", "function_url"], var.webhook_entry)
    error_message = "It is api or function_url."
  }
}

variable "webhook_concurrency" {
  description = "With webhook_entry = function_url: how many instances of the webhook function may run at most, since nothing else throttles it. Lambda takes ten times as many calls a second. An entry in reserved_concurrency goes before it."
  type        = number
  default     = 50

  validation {
    condition     = var.webhook_concurrency >= 1 && floor(var.webhook_concurrency) == var.webhook_concurrency
    error_message = "It is a whole number of at least 1."
  }
}

variable "throttle_rate" {
  description = "Calls a second that the API lets through."
  type        = number
  default     = 500
}

variable "throttle_burst" {
  description = "Calls at once that the API lets through."
  type        = number
  default     = 1000
}

variable "audit_retention_days" {
  description = "How long an audit checkpoint cannot be changed or deleted."
  type        = number
  default     = 365
}

variable "alarm_emails" {
  description = "Who hears of alarms. Each address must confirm a message from AWS."
  type        = list(string)
  default     = []
}

variable "alarm_thresholds" {
  description = "How many lines with an `alarm` field in five minutes raise an alarm, by its name, where it is not one."
  type        = map(number)
  default     = { signature = 20, authorization = 10 }
}

variable "exports_threshold" {
  description = "How many exports of personal data in an hour raise an alarm."
  type        = number
  default     = 20
}

variable "oldest_message_seconds" {
  description = "How old the oldest message of a queue may become before an alarm."
  type        = number
  default     = 300
}

variable "monthly_budget_usd" {
  description = "What the account may cost in a month before an alarm. Null is no budget."
  type        = number
  default     = null
}
