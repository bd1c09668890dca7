using System.Buffers;
using System.Text;
using MetaService.Json;
using MetaService.Records.Cloud;

namespace MetaService.UnitTests.Json;

public class EnvelopeWriterTests
{
    [Fact]
    public void Without_a_result()
    {
        Text(output => EnvelopeWriter.Write(output, "OK", "")).Should().Be("{\n    \"code\": \"OK\",\n    \"msg\": \"\"\n}\n");
        Text(output => EnvelopeWriter.Write(output, "INVALID_ARGUMENT", "a \"b\"\n")).Should()
            .Be("{\n    \"code\": \"INVALID_ARGUMENT\",\n    \"msg\": \"a \\\"b\\\"\\n\"\n}\n");
    }

    [Fact]
    public void With_a_message()
    {
        var instance = new InstanceInfoPB { UserId = "u", Ctime = 1669260437, ObjInfo = { new ObjectStoreInfoPB { Id = "1" } } };

        Text(output => EnvelopeWriter.Write(output, "OK", "", instance)).Should().Be("""
            {
                "code": "OK",
                "msg": "",
                "result": {
                    "user_id": "u",
                    "ctime": "1669260437",
                    "obj_info": [
                        {
                            "id": "1"
                        }
                    ]
                }
            }

            """);
        Text(output => EnvelopeWriter.Write(output, "OK", "", new InstanceInfoPB())).Should()
            .Be("{\n    \"code\": \"OK\",\n    \"msg\": \"\",\n    \"result\": {}\n}\n");
    }

    [Fact]
    public void With_a_result_of_the_callers_making()
    {
        var clusters = new[] { new ClusterPB { ClusterId = "c" } };

        Text(output => EnvelopeWriter.Write(output, "OK", "", clusters, static (ref json, clusters) =>
        {
            json.BeginObject();
            json.WriteName("cluster"u8);
            json.BeginArray();
            foreach (var cluster in clusters)
            {
                ProtoJsonWriter.WriteValue(ref json, cluster);
            }

            json.EndArray();
            json.WriteName("none");
            json.BeginArray();
            json.EndArray();
            json.WriteName("nil");
            json.WriteNull();
            json.WriteName("enable_storage_vault");
            json.WriteBoolean(true);
            json.EndObject();
        })).Should().Be("""
            {
                "code": "OK",
                "msg": "",
                "result": {
                    "cluster": [
                        {
                            "cluster_id": "c"
                        }
                    ],
                    "none": [],
                    "nil": null,
                    "enable_storage_vault": true
                }
            }

            """);
    }

    private static string Text(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
