# The HTTP API: a fixed list of routes, and nothing behind any other path.

variable "name" { type = string }
variable "key_arn" { type = string }
variable "log_retention_days" { type = number }
variable "throttle_rate" { type = number }
variable "throttle_burst" { type = number }

variable "authorize" {
  description = "Whether the API itself asks for a token of people on /api. If not, the functions do."
  type        = bool
}

variable "issuer" {
  type    = string
  default = null
}

variable "audience" {
  type    = list(string)
  default = []
}

variable "functions" {
  description = "The functions behind the routes. Routes of one that is missing are left out."
  type        = map(object({ name = string, invoke_arn = string }))
}

locals {
  all_routes = {
    "GET /webhooks/{channel}/{account}"  = "webhook"
    "POST /webhooks/{channel}/{account}" = "webhook"

    "GET /api/cases"                  = "escalation"
    "GET /api/cases/{case}"           = "escalation"
    "POST /api/cases/{case}/{action}" = "escalation"

    "POST /api/requests"                 = "privacy"
    "GET /api/requests/{request}"        = "privacy"
    "GET /api/requests/{request}/export" = "privacy"
    "POST /api/restores"                 = "privacy"
    "POST /meta/data-deletion"           = "privacy"
    "GET /privacy/status/{code}"         = "privacy"
  }
  routes = { for route, function in local.all_routes : route => function if contains(keys(var.functions), function) }
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = var.functions

  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = each.value.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_authorizer" "people" {
  count = var.authorize ? 1 : 0

  api_id           = aws_apigatewayv2_api.this.id
  name             = "people"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = var.issuer
    audience = var.audience
  }

  lifecycle {
    # When people change to `token`, the routes must let go of it before it goes.
    create_before_destroy = true

    precondition {
      condition     = var.issuer != null && length(var.audience) > 0
      error_message = "people = oidc needs issuer and audience."
    }
  }
}

resource "aws_apigatewayv2_route" "this" {
  #checkov:skip=CKV_AWS_309:Platforms sign what they send and people have codes; on /api the function asks for the operator token unless an authorizer does.
  for_each = local.routes

  api_id    = aws_apigatewayv2_api.this.id
  route_key = each.key
  target    = "integrations/${aws_apigatewayv2_integration.this[each.value].id}"

  authorization_type = var.authorize && strcontains(each.key, " /api/") ? "JWT" : "NONE"
  authorizer_id      = var.authorize && strcontains(each.key, " /api/") ? one(aws_apigatewayv2_authorizer.people[*].id) : null
}

resource "aws_cloudwatch_log_group" "access" {
  #checkov:skip=CKV_AWS_338:Kept no longer than the functions' own logs: 30 days unless you choose otherwise.
  # Of the standard class: the one for half the price has no metric filters, and exports are counted in this log.
  name              = "/aws/apigateway/${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.key_arn
}

resource "aws_apigatewayv2_stage" "this" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.throttle_rate
    throttling_burst_limit = var.throttle_burst
  }

  # The route and not the path, which may hold a status code that opens a person's page. No query, header, body or
  # address of the caller. No time either: CloudWatch keeps one with each line, and every byte of a line is paid for.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode(merge(
      {
        request = "$context.requestId"
        route   = "$context.routeKey"
        status  = "$context.status"
        length  = "$context.responseLength"
        latency = "$context.responseLatency"
        error   = "$context.integration.error"
      },
      var.authorize ? { authorize = "$context.authorizer.error" } : {},
    ))
  }
}

resource "aws_lambda_permission" "this" {
  for_each = var.functions

  statement_id  = "http-api"
  action        = "lambda:InvokeFunction"
  function_name = each.value.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*/*"
}

output "id" {
  value = aws_apigatewayv2_api.this.id
}

output "endpoint" {
  value = aws_apigatewayv2_api.this.api_endpoint
}

output "log_group" {
  value = aws_cloudwatch_log_group.access.name
}
