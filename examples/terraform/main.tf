# A small company's identities on a Keyreeve server. Nothing here is Keyreeve's own but the two endpoints.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

variable "endpoint" {
  description = "Where the server is."
  type        = string
  default     = "http://127.0.0.1:4566"
}

variable "alias" {
  description = "The account's alias; unique on the server."
  type        = string
  default     = "example-company"
}

variable "readable" {
  description = "What the developers may read."
  type        = list(string)
  default     = ["iam:Get*"]
}

# Credentials come from the environment, as for AWS: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
provider "aws" {
  region = "us-east-1"

  endpoints {
    iam = var.endpoint
    sts = var.endpoint
  }

  default_tags {
    tags = {
      managed-by = "terraform"
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}"
}

resource "aws_iam_account_alias" "company" {
  account_alias = var.alias
}
