# An address of the webhook function's own, in the place of the HTTP API's routes. Anybody may call it, as they may call
# the API: the function checks what platforms sign.

variable "name" { type = string }
variable "function_name" { type = string }

# Since October 2025 Lambda asks for two statements before anybody can call a function URL: this one and the next.
resource "aws_lambda_permission" "url" {
  #checkov:skip=CKV_AWS_301:It is about the URL alone, which is public on purpose: platforms have no credentials of AWS.
  # The provider adds a statement of this name with the URL, and leaves it behind. If ours is there first it adds none,
  # and ours goes with the URL.
  statement_id           = "FunctionURLAllowPublicAccess"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = var.function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}

# The condition keeps everybody with an AWS account from calling the function past its URL. This version of the
# provider cannot write it, and CloudFormation can. From 6.29 on aws_lambda_permission has `invoked_via_function_url`:
# put one in the place of the stack then, and never one without the condition.
resource "aws_cloudformation_stack" "invoke" {
  #checkov:skip=CKV_AWS_124:Whoever deploys waits for the stack and sees what becomes of it; nothing changes it later.
  name = "${var.name}-webhook-url"

  template_body = jsonencode({
    Resources = {
      Invoke = {
        Type = "AWS::Lambda::Permission"
        Properties = {
          Action                = "lambda:InvokeFunction"
          FunctionName          = var.function_name
          Principal             = "*"
          InvokedViaFunctionUrl = true
        }
      }
    }
  })
}

resource "aws_lambda_function_url" "this" {
  #checkov:skip=CKV_AWS_258:Platforms have no credentials of AWS. They sign what they send, and the function checks it.
  function_name      = var.function_name
  authorization_type = "NONE"
  invoke_mode        = "BUFFERED"

  # It works from its first moment, and the statements go after it.
  depends_on = [aws_lambda_permission.url, aws_cloudformation_stack.invoke]
}

output "url" {
  # Lambda ends it with a slash.
  value = trimsuffix(aws_lambda_function_url.this.function_url, "/")
}
