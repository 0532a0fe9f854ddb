"""One script through all operations of the image half: ENDPOINT REGION OTHER_ACCOUNT MODELS; the key
is in the environment. An older boto3 than some of the operations gets their model from MODELS."""

import json
import sys

import boto3
import botocore.session
from botocore.exceptions import ClientError

endpoint, region, other_account, models = sys.argv[1:]
ROLE = "arn:aws:iam::123456789012:role/disks"


def main():
    create_updated_image()
    list_images_and_builders()
    delete_the_builder()
    tag()
    share()
    copy()
    import_and_export()
    delete()
    see_errors()


def new_client():
    with open(models + "/appstream/2016-12-01/service-2.json") as file:
        wanted = json.load(file)["operations"].keys()
    session = botocore.session.get_session()
    missing = wanted - set(session.get_service_model("appstream").operation_names)
    if missing:
        print("not in", "boto3", boto3.__version__ + ":", *sorted(missing))
        session = botocore.session.get_session()
        session.set_config_variable("data_path", models)
    return boto3.Session(botocore_session=session).client(
        "appstream", endpoint_url=endpoint, region_name=region
    )


client = new_client()


def create_updated_image():
    names = {"existingImageName": "golden", "newImageName": "golden-2"}
    dry = client.create_updated_image(**names, dryRun=True)
    assert dry["canUpdateImage"] is True and dry["image"]["Name"] == "golden", dry
    tags = {"Team": "Desktops 漢", "empty": ""}
    made = client.create_updated_image(
        **names,
        newImageDescription="Renewed – 🦫",
        newImageDisplayName="Golden 2",
        newImageTags=tags,
    )
    assert made["canUpdateImage"] is True and made["ResponseMetadata"]["RequestId"], made
    image = made["image"]
    assert image["State"] == "PENDING" and image["Description"] == "Renewed – 🦫", image
    assert image["CreatedTime"].tzinfo and image["CreatedTime"].microsecond % 1000 == 0, image
    assert image["ImagePermissions"] == {"allowFleet": True, "allowImageBuilder": True}, image
    assert client.describe_images(Names=["golden-2"])["Images"] == [image]
    assert client.list_tags_for_resource(ResourceArn=image["Arn"])["Tags"] == tags


def list_images_and_builders():
    first = client.describe_images(MaxResults=2)
    rest = client.describe_images(NextToken=first["NextToken"])
    assert [i["Name"] for i in first["Images"] + rest["Images"]] == ["golden", "golden-2", "old"]
    assert "NextToken" not in rest, rest
    pages = client.get_paginator("describe_images").paginate(
        Type="PRIVATE", PaginationConfig={"PageSize": 1}
    )
    assert len([image for page in pages for image in page["Images"]]) == 3


def delete_the_builder():
    [builder] = client.describe_image_builders()["ImageBuilders"]
    assert builder["State"] == "UPDATING" and builder["Name"].startswith("golden-2."), builder
    deleted = client.delete_image_builder(Name=builder["Name"])["ImageBuilder"]
    assert deleted["State"] == "DELETING" and deleted["Arn"] == builder["Arn"], deleted
    [image] = client.describe_images(Names=["golden-2"])["Images"]
    assert image["State"] == "FAILED" and "cancelled" in image["StateChangeReason"]["Message"], image


def tag():
    arn = client.describe_images(Names=["golden"])["Images"][0]["Arn"]
    client.tag_resource(ResourceArn=arn, Tags={"kept": "1", "more": "2"})
    client.untag_resource(ResourceArn=arn, TagKeys=["more"])
    assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"kept": "1"}


def share():
    given = {"allowFleet": True, "allowImageBuilder": False}
    client.update_image_permissions(
        Name="golden", SharedAccountId=other_account, ImagePermissions=given
    )
    listed = client.describe_image_permissions(Name="golden", MaxResults=1)
    assert listed["Name"] == "golden", listed
    assert listed["SharedImagePermissionsList"] == [
        {"sharedAccountId": other_account, "imagePermissions": given}
    ], listed
    client.delete_image_permissions(Name="golden", SharedAccountId=other_account)
    assert client.describe_image_permissions(Name="golden")["SharedImagePermissionsList"] == []


def copy():
    answer = client.copy_image(
        SourceImageName="golden",
        DestinationImageName="golden-copy",
        DestinationRegion=region,
        DestinationImageDescription="for others",
    )
    assert answer["DestinationImageName"] == "golden-copy", answer
    [image] = client.describe_images(Names=["golden-copy"])["Images"]
    assert image["State"] == "COPYING" and image["Description"] == "for others", image


def import_and_export():
    imported = client.create_imported_image(
        Name="imported",
        SourceAmiId="ami-0123456789abcdef0",
        IamRoleArn=ROLE,
        AppCatalogConfig=[{"Name": "editor", "AbsoluteAppPath": "/usr/bin/editor"}],
    )["Image"]
    assert imported["State"] == "IMPORTING", imported
    assert imported["Applications"][0]["LaunchPath"] == "/usr/bin/editor", imported
    task = client.create_export_image_task(
        ImageName="golden",
        AmiName="golden-disk",
        IamRoleArn=ROLE,
        AmiDescription="to keep",
        TagSpecifications={"team": "desktops"},
    )["ExportImageTask"]
    assert task["State"] == "EXPORTING" and task["AmiDescription"] == "to keep", task
    assert client.get_export_image_task(TaskId=task["TaskId"])["ExportImageTask"] == task
    listed = client.list_export_image_tasks(
        Filters=[{"Name": "AmiName", "Values": ["golden-disk"]}], MaxResults=1
    )
    assert listed["ExportImageTasks"] == [task], listed


def delete():
    assert client.delete_image(Name="old")["Image"]["State"] == "DELETING"
    refused("ResourceInUseException", client.delete_image, Name="golden")


def see_errors():
    missing = refused("ResourceNotFoundException", client.describe_images, Names=["none"])
    assert isinstance(missing, client.exceptions.ResourceNotFoundException), missing
    assert "none" in missing.response["Error"]["Message"], missing.response
    refused(
        "ResourceAlreadyExistsException",
        client.create_updated_image,
        existingImageName="golden",
        newImageName="golden-2",
    )


def refused(code, call, **request):
    try:
        raise AssertionError(call(**request))
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error.response
        return error


main()
