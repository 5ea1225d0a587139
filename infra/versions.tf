terraform {
  required_version = ">= 1.8"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "= 5.100.0"
    }
  }
}

provider "aws" {
  region = var.region

  # An emulator takes any credentials and has no metadata service; a real account uses the caller's own.
  access_key                  = var.emulator == null ? null : "test"
  secret_key                  = var.emulator == null ? null : "test"
  skip_credentials_validation = var.emulator != null
  skip_metadata_api_check     = var.emulator != null
  skip_region_validation      = var.emulator != null
  s3_use_path_style           = var.emulator != null

  dynamic "endpoints" {
    for_each = var.emulator == null ? [] : [var.emulator]
    content {
      apigatewayv2   = endpoints.value
      budgets        = endpoints.value
      cloudformation = endpoints.value
      cloudwatch     = endpoints.value
      cognitoidp     = endpoints.value
      dynamodb       = endpoints.value
      iam            = endpoints.value
      kms            = endpoints.value
      lambda         = endpoints.value
      logs           = endpoints.value
      s3             = endpoints.value
      scheduler      = endpoints.value
      secretsmanager = endpoints.value
      sns            = endpoints.value
      sqs            = endpoints.value
      sts            = endpoints.value
    }
  }

  default_tags {
    tags = {
      project     = "forthright"
      environment = var.name
    }
  }
}
