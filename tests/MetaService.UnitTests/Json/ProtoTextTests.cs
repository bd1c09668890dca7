using Google.Protobuf;
using MetaService.Json;
using MetaService.Records.Cloud;
using MetaService.Records.Olap;

namespace MetaService.UnitTests.Json;

public class ProtoTextTests
{
    [Fact]
    public void Prints_get_tablet_stats_as_the_API_document_shows_it()
    {
        var reply = new GetTabletStatsResponse
        {
            Status = new MetaServiceResponseStatus { Code = MetaServiceCode.Ok, Msg = "" },
            TabletStats =
            {
                new TabletStatsPB
                {
                    Idx = new Records.Cloud.TabletIndexPB
                    {
                        TableId = 113973,
                        IndexId = 113974,
                        PartitionId = 113966,
                        TabletId = 114739,
                    },
                    DataSize = 0,
                    NumRows = 0,
                    NumRowsets = 2,
                    NumSegments = 0,
                    BaseCompactionCnt = 0,
                    CumulativeCompactionCnt = 0,
                    CumulativePoint = 2,
                },
            },
        };

        ProtoText.DebugString(reply).Should().Be("""
            status {
              code: OK
              msg: ""
            }
            tablet_stats {
              idx {
                table_id: 113973
                index_id: 113974
                partition_id: 113966
                tablet_id: 114739
              }
              data_size: 0
              num_rows: 0
              num_rowsets: 2
              num_segments: 0
              base_compaction_cnt: 0
              cumulative_compaction_cnt: 0
              cumulative_point: 2
            }

            """);
    }

    [Fact]
    public void Prints_a_request_on_one_line_as_the_API_document_shows_it()
    {
        var request = new GetClusterRequest
        {
            InstanceId = "instance_id_deadbeef",
            CloudUniqueId = "1:regression_instance0:xxx_cloud_unique_id_compute_node0",
            ClusterName = "cluster_name",
        };

        ProtoText.ShortDebugString(request).Should().Be("instance_id: \"instance_id_deadbeef\" "
            + "cloud_unique_id: \"1:regression_instance0:xxx_cloud_unique_id_compute_node0\" cluster_name: \"cluster_name\" ");
    }

    [Fact]
    public void Nested_messages_and_lists_on_one_line()
    {
        var cluster = new ClusterPB
        {
            Type = ClusterPB.Types.Type.Sql,
            Nodes = { new NodeInfoPB { HeartbeatPort = 1, IsSmoothUpgrade = true }, new NodeInfoPB() },
            MysqlUserName = { "a", "b" },
        };

        ProtoText.ShortDebugString(cluster).Should()
            .Be("type: SQL nodes { heartbeat_port: 1 is_smooth_upgrade: true } nodes { } "
                + "mysql_user_name: \"a\" mysql_user_name: \"b\" ");
    }

    [Fact]
    public void Unset_fields_are_left_out_and_an_empty_message_is_empty_text()
    {
        ProtoText.DebugString(new ClusterPB()).Should().BeEmpty();
        ProtoText.ShortDebugString(new ClusterPB()).Should().BeEmpty();
        ProtoText.DebugString(new AlterClusterRequest { Cluster = new ClusterPB() }).Should().Be("cluster {\n}\n");
        ProtoText.DebugString(new StagePB { AccessType = StagePB.Types.StageAccessType.Aksk }).Should().Be("access_type: AKSK\n");
    }

    [Fact]
    public void Map_entries_are_in_the_order_of_their_keys()
    {
        ProtoText.DebugString(new ClusterPB { Properties = { ["b"] = "", ["B"] = "2" } }).Should()
            .Be("properties {\n  key: \"B\"\n  value: \"2\"\n}\nproperties {\n  key: \"b\"\n  value: \"\"\n}\n");
        ProtoText.ShortDebugString(new RoutineLoadProgressPB { PartitionToOffset = { [10] = 1, [9] = -2 } }).Should()
            .Be("partition_to_offset { key: 9 value: -2 } partition_to_offset { key: 10 value: 1 } ");
        ProtoText.ShortDebugString(new SchemaCloudDictionary { ColumnDict = { [1] = new ColumnPB { UniqueId = 5 } } }).Should()
            .Be("column_dict { key: 1 value { unique_id: 5 } } ");
    }

    [Theory]
    [InlineData("\n\r\t\"'\\", "\\n\\r\\t\\\"\\'\\\\")]
    [InlineData("\0\u0001\b\u001f\u007f", "\\000\\001\\010\\037\\177")]
    [InlineData("日é😀", "\\346\\227\\245\\303\\251\\360\\237\\230\\200")]
    [InlineData(" ~</", " ~</")]
    public void Text_is_escaped_to_printable_ASCII(string value, string expected)
    {
        var bytes = ByteString.CopyFromUtf8(value);

        ProtoText.DebugString(new NodeInfoPB { Name = value }).Should().Be($"name: \"{expected}\"\n");
        ProtoText.DebugString(new EncryptionKeyPB { Plaintext = bytes }).Should().Be($"plaintext: \"{expected}\"\n");
    }

    [Theory]
    [InlineData(0.05, "0.05")]
    [InlineData(3, "3")]
    [InlineData(0.30000000000000004, "0.30000000000000004")]
    [InlineData(1e20, "1e+20")]
    [InlineData(1e-5, "1e-05")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(123456789012345, "123456789012345")]
    [InlineData(double.NaN, "nan")]
    [InlineData(double.NegativeInfinity, "-inf")]
    public void Doubles_are_printed_as_C_prints_them(double value, string expected) =>
        ProtoText.DebugString(new TabletSchemaPB { BfFpp = value }).Should().Be($"bf_fpp: {expected}\n");

    [Fact]
    public void An_enum_number_without_a_name_is_printed_as_a_number() =>
        ProtoText.DebugString(new ClusterPB { ClusterStatus = (ClusterStatus)77 }).Should().Be("cluster_status: 77\n");

    [Fact]
    public void Unknown_fields_are_left_out()
    {
        var bytes = new ClusterPB { ClusterId = "c", ClusterName = "secret" }.ToByteArray();

        ProtoText.DebugString(Records.Own.NodeOwnerPB.Parser.ParseFrom(bytes)).Should().Be("instance_id: \"c\"\n");
    }
}
