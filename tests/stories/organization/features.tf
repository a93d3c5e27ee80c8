# Centralized root access, which is one resource of the provider.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

variable "endpoint" {
  type = string
}

variable "features" {
  type    = list(string)
  default = ["RootCredentialsManagement", "RootSessions"]
}

provider "aws" {
  region = "us-east-1"

  endpoints {
    iam = var.endpoint
    sts = var.endpoint
  }
}

resource "aws_iam_organizations_features" "root" {
  enabled_features = var.features
}

output "organization" {
  value = aws_iam_organizations_features.root.id
}
