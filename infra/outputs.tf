output "api_id" {
  description = "The HTTP API's id."
  value       = module.api.id
}

output "api_endpoint" {
  description = "The HTTP API's own address."
  value       = module.api.endpoint
}

output "webhook_urls" {
  description = "What to paste at each platform, with the account's id in place of <account>."
  value       = { for channel in ["whatsapp", "messenger"] : channel => "${local.webhook_base}/webhooks/${channel}/<account>" }
}

output "data_deletion_url" {
  description = "Meta's data deletion callback."
  value       = "${module.api.endpoint}/meta/data-deletion"
}

output "queue_urls" {
  description = "The queues."
  value       = { for name, it in module.queue : name => it.url }
}

output "dead_letter_queue_urls" {
  description = "Where messages go that failed for good."
  value       = merge({ for name, it in module.queue : name => it.dead_url }, { schedule = module.schedule.dead_url })
}

output "table_names" {
  description = "The tables."
  value       = module.tables.names
}

output "secret_arns" {
  description = "The secrets that wait for their values."
  value       = module.secrets.arns
}

output "key_arn" {
  description = "The customer-managed key."
  value       = module.key.arn
}

output "audit_bucket" {
  description = "The bucket of audit checkpoints."
  value       = module.audit_bucket.name
}

output "function_names" {
  description = "The functions."
  value       = { for name, it in module.function : name => it.name }
}

output "alarm_topic_arn" {
  description = "The topic of all alarms."
  value       = module.alarms.topic_arn
}

output "user_pool_id" {
  description = "With people = cognito: the user pool."
  value       = one(module.people[*].pool_id)
}

output "user_pool_client_id" {
  description = "With people = cognito: the client that people sign in with."
  value       = one(module.people[*].client_id)
}
