# Six functions, four queues, two tables, one key. What a function may do and reads is in functions.json, which the
# code's own declarations are compared with.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition

  functions = jsondecode(file("${path.module}/functions.json"))

  # By name and not by reference: the roles' policies need the key, and the key's policy needs the roles.
  role_arn_prefix = "arn:${local.partition}:iam::${local.account}:role/${var.name}-"

  # The code's FUNCTION_TIMEOUT: leases are longer than it.
  timeout_seconds = 30
  # Six times the time-out, as AWS advises for queues that Lambda reads.
  visibility_seconds = 180
  # Tries before a message is dead. The functions learn it, so that the last one hands over to a person.
  tries = 5

  queues = {
    inbound  = { fifo = true }
    outbound = { fifo = false }
    human    = { fifo = false }
    privacy  = { fifo = false }
  }

  # None or one: without it no function may ask Comprehend.
  comprehend_endpoints = compact([var.comprehend_endpoint])

  public_url = coalesce(var.public_url, module.api.endpoint)

  # One way in for webhooks: a URL of the function's own, or routes of the API.
  webhook_has_url = var.webhook_entry == "function_url"
  webhook_base    = local.webhook_has_url ? one(module.webhook_url[*].url) : module.api.endpoint
  # The API would hold back what is too much; on a URL only the number of instances does.
  concurrency = merge(local.webhook_has_url ? { webhook = var.webhook_concurrency } : {}, var.reserved_concurrency)

  # Names of the `alarm` field in the code. `disk` is missing on purpose: only the local host has one.
  alarm_names = [
    "account_restricted", "authorization", "channel_suspended", "damaged", "poison", "request", "restored", "signature", "template", "unreadable",
  ]

  environments = {
    for name, it in local.functions : name => merge(
      {
        FORTHRIGHT_TABLE_DATA  = module.tables.names.data
        FORTHRIGHT_TABLE_KEYS  = module.tables.names.keys
        FORTHRIGHT_KMS_KEY     = module.key.arn
        FORTHRIGHT_ENVIRONMENT = var.name
        RUST_LOG               = var.log_level
      },
      { for queue in it.sends : "FORTHRIGHT_QUEUE_${upper(queue)}" => module.queue[queue].url },
      it.receives == null ? {} : { FORTHRIGHT_QUEUE_TRIES = tostring(local.tries) },
      length(it.secrets) == 0 ? {} : {
        FORTHRIGHT_SECRETS            = join(",", [for secret in it.secrets : module.secrets.arns[secret]])
        FORTHRIGHT_SECRETS_GENERATION = tostring(var.secrets_generation)
      },
      contains(it.asks, "comprehend") ? { for arn in local.comprehend_endpoints : "FORTHRIGHT_COMPREHEND_ENDPOINT" => arn } : {},
      it.brands ? { FORTHRIGHT_BRANDS = join(",", var.brands) } : {},
      it.public_url ? { FORTHRIGHT_PUBLIC_URL = local.public_url } : {},
      var.whatsapp_api_base != null && contains(it.secrets, "accounts") ? {
        FORTHRIGHT_WHATSAPP_API_BASE = var.whatsapp_api_base
      } : {},
    )
  }
}

module "key" {
  source = "./modules/key"

  name      = var.name
  region    = var.region
  account   = local.account
  partition = local.partition
  protect   = var.protect

  # Every function opens brand keys; only those that meet a brand first make its key.
  opener_roles = [for name in keys(local.functions) : "${local.role_arn_prefix}${name}"]
  maker_roles  = [for name, it in local.functions : "${local.role_arn_prefix}${name}" if it.makes_brand_keys]
}

module "tables" {
  source = "./modules/tables"

  data_name     = coalesce(var.data_table, "${var.name}-data")
  keys_name     = "${var.name}-keys"
  key_arn       = module.key.arn
  protect       = var.protect
  keys_recovery = var.keys_recovery
}

module "queue" {
  source   = "./modules/queue"
  for_each = local.queues

  name               = "${var.name}-${each.key}"
  fifo               = each.value.fifo
  tries              = local.tries
  visibility_seconds = local.visibility_seconds
  key_arn            = module.key.arn
}

module "secrets" {
  source = "./modules/secrets"

  name    = var.name
  key_arn = module.key.arn
  protect = var.protect
}

module "function" {
  source   = "./modules/function"
  for_each = local.functions

  name                 = "${var.name}-${each.key}"
  zip                  = "${var.zips}/${each.key}/bootstrap.zip"
  architecture         = var.architecture
  memory_mb            = var.memory_mb
  timeout_seconds      = local.timeout_seconds
  reserved_concurrency = lookup(local.concurrency, each.key, null)
  log_retention_days   = var.log_retention_days
  region               = var.region
  environment_name     = var.name
  environment          = local.environments[each.key]

  key_arn         = module.key.arn
  makes_keys      = each.value.makes_brand_keys
  tables          = module.tables.names
  table_arns      = module.tables.arns
  grants          = each.value.grants
  secret_arns     = [for secret in each.value.secrets : module.secrets.arns[secret]]
  send_queue_arns = [for queue in each.value.sends : module.queue[queue].arn]
  classifier_arns = contains(each.value.asks, "comprehend") ? local.comprehend_endpoints : []
  # Lists, since whether there is one must be known before its ARN is.
  receive_queue_arns = each.value.receives == null ? [] : [module.queue[each.value.receives].arn]
}

module "people" {
  source = "./modules/people"
  count  = var.people == "cognito" ? 1 : 0

  name    = var.name
  region  = var.region
  protect = var.protect
}

module "api" {
  source = "./modules/api"

  name               = var.name
  key_arn            = module.key.arn
  log_retention_days = var.log_retention_days
  throttle_rate      = var.throttle_rate
  throttle_burst     = var.throttle_burst

  authorize = var.people != "token"
  issuer    = var.people == "cognito" ? one(module.people[*].issuer) : var.issuer
  audience  = var.people == "cognito" ? module.people[*].client_id : var.audience

  functions = {
    for name in concat(local.webhook_has_url ? [] : ["webhook"], ["escalation", "privacy"]) : name => {
      name       = module.function[name].name
      invoke_arn = module.function[name].invoke_arn
    }
  }
}

module "webhook_url" {
  source = "./modules/webhook_url"
  count  = local.webhook_has_url ? 1 : 0

  name          = var.name
  function_name = module.function["webhook"].name
}

module "schedule" {
  source = "./modules/schedule"

  name         = var.name
  region       = var.region
  account      = local.account
  partition    = local.partition
  key_arn      = module.key.arn
  function_arn = module.function["steward"].arn
}

module "audit_bucket" {
  source = "./modules/audit_bucket"

  name           = "${var.name}-audit-${local.account}-${var.region}"
  key_arn        = module.key.arn
  protect        = var.protect
  retention_days = var.audit_retention_days
}

module "alarms" {
  source = "./modules/alarms"

  name      = var.name
  region    = var.region
  account   = local.account
  partition = local.partition
  key_arn   = module.key.arn
  emails    = var.alarm_emails

  functions  = { for name, it in module.function : name => { name = it.name, log_group = it.log_group } }
  queues     = { for name, it in module.queue : name => it.name }
  dead       = merge({ for name, it in module.queue : name => it.dead_name }, { schedule = module.schedule.dead_name })
  urls       = local.webhook_has_url ? { webhook = module.function["webhook"].name } : {}
  api_id     = module.api.id
  access_log = module.api.log_group

  thresholds             = { for name in local.alarm_names : name => lookup(var.alarm_thresholds, name, 1) }
  exports_threshold      = var.exports_threshold
  oldest_message_seconds = var.oldest_message_seconds
  monthly_budget_usd     = var.monthly_budget_usd
}
